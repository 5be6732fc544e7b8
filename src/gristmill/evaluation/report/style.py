"""The page's style: readable type, one accent colour, light and dark, from 360 pixels on."""

STYLE = """
:root{--paper:#fbfaf7;--ink:#22211e;--dim:#6a665d;--line:#ddd8cc;--card:#fff;--accent:#8a5a00;--good:#1d6b3a;--bad:#a3261d;
--wait:#8a5a00;--track:#e9e5da}
@media(prefers-color-scheme:dark){:root{--paper:#191816;--ink:#ece8df;--dim:#a49e91;--line:#3a3731;--card:#22201d;
--accent:#e0a63a;--good:#6cc78d;--bad:#f0857a;--wait:#e0a63a;--track:#33302a}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:62rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.6rem;line-height:1.2;margin:.2rem 0 .6rem}h2{font-size:1.2rem;margin:2.8rem 0 .6rem}
h3{font-size:1rem;margin:1.6rem 0 .4rem}p{margin:.4rem 0 .8rem;max-width:46rem}
.dim,small{color:var(--dim)}a{color:var(--accent)}code{font-size:.9em;overflow-wrap:anywhere}
.badge{display:inline-block;padding:.2rem .7rem;border-radius:1rem;font-weight:600;color:var(--paper)}
.good{color:var(--good)}.bad{color:var(--bad)}.wait{color:var(--wait)}
.badge.good{background:var(--good);color:var(--paper)}.badge.bad{background:var(--bad);color:var(--paper)}
.badge.wait{background:var(--wait);color:var(--paper)}
.lead{font-size:1.15rem;max-width:44rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.75rem;margin:1.2rem 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.8rem .9rem}
.tile b{display:block;font-size:1.55rem;line-height:1.25;font-variant-numeric:tabular-nums}
.tile span{display:block;color:var(--dim);font-size:.875rem}
.rows{display:grid;gap:.35rem;margin:.6rem 0}
.row{display:grid;grid-template-columns:minmax(8rem,14rem) 1fr 12.5rem;gap:.8rem;align-items:center}
.row>:last-child{text-align:right;font-variant-numeric:tabular-nums;font-size:.9rem}
.row small{display:block;line-height:1.3}
svg{display:block;width:100%;height:1.25rem;overflow:visible}
.track{stroke:var(--track);stroke-width:6}.zero{stroke:var(--dim);stroke-width:1}.limits{stroke:currentColor;stroke-width:2}
.point{stroke:currentColor;stroke-width:9;stroke-linecap:round}.bar{fill:var(--accent)}
.table{overflow-x:auto;margin:.6rem 0}table{border-collapse:collapse;font-size:.9rem;width:100%}
th,td{text-align:left;padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600;white-space:nowrap}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.pair{border:1px solid var(--line);border-radius:.5rem;background:var(--card);margin:.8rem 0;padding:.8rem .9rem}
.pair>p{margin:0 0 .5rem;font-weight:600}.sides{display:grid;grid-template-columns:1fr 1fr;gap:1rem}
.sides div{min-width:0;overflow-wrap:anywhere;font-size:.92rem}.sides h4{margin:0 0 .2rem;font-size:.8rem;
font-weight:600;color:var(--dim)}
details>summary{cursor:pointer;color:var(--accent);margin:.6rem 0}
summary:focus-visible,a:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
@media(max-width:40rem){.row{grid-template-columns:1fr auto;gap:.1rem .8rem}.row>svg{grid-column:1/-1;grid-row:2}
.sides{grid-template-columns:1fr}.row{padding-bottom:.4rem}}
@media print{body{background:#fff;color:#000}details>*{display:block}}
""".strip()
