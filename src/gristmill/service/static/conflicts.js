// Where two documents say the same with different figures, for curators: they settle what is none.

import { byId, call, documentLink, el, get, page, placeLink, problem, when } from "./shared.js";

const key = (one) => one.statements.map((side) => side.document).sort().join("\n");

async function say(one, settled, reason) {
  const said = await call(`/api/conflicts/${one.conflict}`, { method: "POST", body: { settled, reason } });
  one.settled = settled ? await said.json() : null;
}

function row(one, redraw) {
  const quotes = one.statements.map((side) => el("blockquote", {}, side.text, " ",
    el("a", { class: "soft", href: placeLink(side) }, side.document)));
  if (!one.settled) {
    const tick = el("input", { type: "checkbox", checked: "", value: one.conflict, "aria-label": "Settle this one" });
    return el("div", { class: "conflict" }, tick, el("div", {}, ...quotes));
  }
  const again = el("button", { type: "button", class: "plain" }, "Open it again");
  again.onclick = () => say(one, false, "Opened again").then(redraw, (error) => problem(error.message));
  return el("div", { class: "conflict" }, el("span", {}), el("div", {}, ...quotes,
    el("p", {}, el("span", { class: "tag good" }, "settled"),
      el("span", { class: "soft" }, ` ${one.settled.who}, ${when(one.settled.at)}: ${one.settled.reason} `), again)));
}

function card(held, redraw) {
  const names = held[0].statements.flatMap((side, at) => [at ? " – " : "", el("a", { href: documentLink(side.document) }, side.document),
    side.stated ? el("span", { class: "soft" }, ` ${side.stated.slice(0, 10)}`) : ""]);
  const open = held.filter((one) => !one.settled);
  const form = el("form", { class: "card" }, el("h2", {}, ...names), ...held.map((one) => row(one, redraw)));
  if (!open.length) return form;
  const reason = el("input", { type: "text", required: "", maxlength: "500", placeholder: "Why it is no conflict, or how it was put right", "aria-label": "Reason" });
  form.append(el("p", { class: "row" }, reason, el("button", {}, open.length > 1 ? "Settle what is ticked" : "Settle")));
  form.onsubmit = async (event) => {
    event.preventDefault();
    const ticked = new Set([...form.querySelectorAll("input:checked")].map((tick) => tick.value));
    try {
      for (const one of open) if (ticked.has(one.conflict)) await say(one, true, reason.value.trim());
    } catch (error) { problem(error.message); }
    redraw();
  };
  return form;
}

page(async () => {
  const { conflicts } = await get("/api/conflicts");
  const filter = byId("filter");
  function draw() {
    const every = new FormData(filter).has("settled");
    const groups = new Map();
    for (const one of conflicts) {
      if (every || !one.settled) groups.set(key(one), [...(groups.get(key(one)) ?? []), one]);
    }
    const open = conflicts.filter((one) => !one.settled);
    byId("count").textContent = conflicts.length
      ? `${open.length} open in ${new Set(open.map(key)).size} pairs of documents, ${conflicts.length - open.length} settled. Likeliest first, and not all of it is wrong: correct the document that is, or settle what is no conflict.`
      : "No two documents say the same with different figures, as far as was looked. 'gristmill documents conflicts' looks again.";
    byId("list").replaceChildren(...[...groups.values()].map((held) => card(held, draw)));
  }
  filter.onsubmit = (event) => event.preventDefault();
  filter.onchange = draw;
  draw();
});
