"""The page: the decision on the first screen, everything it stands on below. What comes from documents is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from gristmill.evaluation.report.charts import bar_row, interval_row
from gristmill.evaluation.report.content import Content, Learning
from gristmill.evaluation.report.examples import better_and_worse, wrong_answers
from gristmill.evaluation.report.style import STYLE
from gristmill.evaluation.statistics import Interval
from gristmill.evaluation.summary import SAFETY, Cost

_TITLES = {
    "right": "Right answers", "right_when_certain": "Right when certain", "recall": "Evidence found",
    "ndcg": "nDCG", "mrr": "MRR", "f1": "F1 of the words",
    "exact": "Exactly as expected", "contained": "Expected words held", "support": "Carried by its citations",
    "citation_precision": "Citations: precision", "citation_recall": "Citations: recall",
    "refusal_precision": "Refusals: precision", "refusal_recall": "Refusals: recall",
}  # fmt: skip
_NOTES = {
    "right": "cites the evidence, or refuses where there is none",
    "right_when_certain": "of what was given as certain, how much is right",
    "recall": "share of the evidence in the passages",
    "refusal_precision": "of the refused, how many have no answer",
    "refusal_recall": "of those without an answer, how many were refused",
}
_COLOURS = {"promote": "good", "reject": "bad", "insufficient evidence": "wait"}
_SAFETY_TITLES = {
    "leak": "Leaks: shown what the asker may not see",
    "injection": "Injections: links, pictures or markup in an answer",
    "canary": "Canaries: the system prompt or its marks given away",
}


def page(content: Content) -> str:
    """Return the report as one HTML page."""
    body = "".join(
        (
            _first_screen(content), _measures(content), _gate(content), _slices(content), better_and_worse(content),
            _failures(content), _safety(content), _cost(content), _does_it_pay(content), _how(content),
        )
    )  # fmt: skip
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Release {escape(content.release)}</title><style>{STYLE}</style></head><body><main>{body}</main></body>"
        "</html>\n"
    )


def percent(value: float) -> str:
    """Return a share as people read it."""
    return f"{100 * value:.0f}%"


def points(value: float) -> str:
    """Return a difference of shares in percentage points."""
    return f"{100 * value:+.1f}"


def _first_screen(content: Content) -> str:
    summary, gated = content.evaluation.summary, content.gated
    right = summary.measures["right"]
    if gated is None:
        badge, lead = (
            '<span class="badge wait">first release</span>',
            (f"It answers {percent(right.estimate)} of {right.n} questions right. There was nothing to compare with."),
        )
        change = "nothing to compare with"
    else:
        outcome = str(gated.verdict.outcome)
        badge = f'<span class="badge {_COLOURS[outcome]}">{escape(outcome)}</span>'
        before = gated.baseline.summary.measures["right"].estimate
        lead = (
            f"{escape(gated.verdict.reason)} It answers {percent(right.estimate)} of {right.n} questions right; "
            f"{escape(gated.baseline.release)} answered {percent(before)}."
        )
        delta = gated.verdict.delta
        change = f"{points(delta.estimate)} points ({points(delta.low)} to {points(delta.high)})"
    unsafe = sum(summary.safety.values())
    certain, refusals = summary.measures["right_when_certain"], summary.measures["refusal_recall"]
    tiles = (
        _tile(percent(right.estimate), "right answers", change),
        _tile(percent(certain.estimate), "right when certain", f"of {certain.n} answers") if certain.n else "",
        _tile(percent(refusals.estimate), "refused where there is no answer", f"of {refusals.n} questions"),
        _tile(str(unsafe), "unsafe answers", "leaks, injections, canaries", "bad" if unsafe else "good"),
        _tile(f"{summary.cost.latency_median_ms / 1000:.1f} s", "median answer",
              f"95% within {summary.cost.latency_p95_ms / 1000:.1f} s"),
    )  # fmt: skip
    state = f"{escape(content.state)} · {content.documents:,} documents · {content.chunks:,} chunks"
    return (
        f'<p class="dim">Gristmill · evaluation of a release</p><h1>{escape(content.release)} {badge}</h1>'
        f'<p class="lead">{lead}</p><div class="tiles">{"".join(tiles)}</div><p class="dim">{state} · '
        f"{content.made:%Y-%m-%d %H:%M} UTC</p>"
    )


def _measures(content: Content) -> str:
    rows = [
        interval_row(
            _TITLES[name], interval, 0.0, 1.0,
            f"{interval.estimate:.3f} ({interval.low:.2f}–{interval.high:.2f})", _NOTES.get(name, ""),
        )
        for name, interval in content.evaluation.summary.measures.items()
        if interval.n
    ]  # fmt: skip
    return _section(
        "How good it is",
        f"On {content.evaluation.summary.questions} questions of the split '{content.evaluation.split}'. Lines are 95% "
        "intervals; documents, not questions, are resampled.",
        _rows(rows),
    )


def _gate(content: Content) -> str:
    gated = content.gated
    if gated is None:
        return ""
    verdict = gated.verdict
    reach = max([0.05, *(abs(x) for i in verdict.deltas.values() if i.n for x in (i.low, i.high))])
    rows = [
        interval_row(_TITLES[name], i, -reach, reach, f"{points(i.estimate)} ({points(i.low)} to {points(i.high)})")
        for name, i in verdict.deltas.items()
        if i.n
    ]
    facts = (
        ("Only the candidate right", str(verdict.pairs.gained)),
        ("Only the one before right", str(verdict.pairs.lost)),
        ("Worse? Exact McNemar, one-sided", f"p = {verdict.p_worse:.4f}"),
        ("Not worse? Score test (Tango) against the margin", f"p = {verdict.p_not_worse:.4f}"),
        ("It may be at most", f"{verdict.alpha:.4f} (try {verdict.tries} on these questions)"),
        ("Design effect of the documents", f"{verdict.pairs.design_effect:.2f}"),
        ("Questions", f"{verdict.pairs.n}; {verdict.needed} see the improvement that the settings ask for"),
    )
    changed = [(name, _short(one), _short(other)) for name, (one, other) in content.changes.items()]
    differ = "<h3>What differs</h3>" + _table(("", gated.baseline.release, gated.candidate.release), changed)
    return _section(
        f"Against {gated.baseline.release}",
        "Differences in percentage points, on the same questions. Green and red exclude zero.",
        _rows(rows) + _table(("", ""), facts) + (differ if changed else ""),
    )


def _slices(content: Content) -> str:
    gated = content.gated
    deltas = {} if gated is None else {s.name: s for s in gated.verdict.slices}
    rows = []
    for name, interval in content.evaluation.summary.slices.items():
        verdict = deltas.get(name)
        change = "" if verdict is None else points(verdict.delta)
        mark = "" if verdict is None or verdict.passed else " ✗"
        limits = f"{percent(interval.low)}–{percent(interval.high)}"
        rows.append((name.replace("=", ": "), str(interval.n), percent(interval.estimate), limits, change + mark))
    return _section(
        "By slice",
        "Right answers. Slices of few questions have wide intervals; read these first.",
        _table(("slice", "questions", "right", "95%", "change"), rows, numbers=True),
    )


def _failures(content: Content) -> str:
    causes = content.evaluation.summary.causes
    total = sum(causes.values())
    rows = [bar_row(name, count, total, f"{count} of {total}") for name, count in causes.items()]
    return _section("What goes wrong", "By cause.", _rows(rows) + wrong_answers(content))


def _safety(content: Content) -> str:
    counts = content.evaluation.summary.safety
    rows = [(_SAFETY_TITLES[name], str(counts[name]), "0") for name in SAFETY]
    asked = content.evaluation.summary.questions
    return _section(
        "Safety",
        f"Counted by code over all {asked} answers, restricted and adversarial ones among them. One rejects.",
        _table(("", "found", "floor"), rows, numbers=True),
    )


def _cost(content: Content) -> str:
    cost = content.evaluation.summary.cost
    before = content.gated.baseline.summary.cost if content.gated else None
    columns = [_costs(cost)] if before is None else [_costs(cost), _costs(before)]
    rows = [(name, *(column[name] for column in columns)) for name in columns[0]]
    return _section(
        "Time, cost, energy",
        f"Energy is an estimate: processor time at {content.watts_per_core:g} W a busy core. Times are those of the "
        "machine that evaluated, and of whatever else it did.",
        _table(("", content.release, "before")[: len(columns) + 1], rows),
    )


def _costs(cost: Cost) -> dict[str, str]:
    return {
        "Median latency": f"{cost.latency_median_ms:,.0f} ms",
        "95% of the answers within": f"{cost.latency_p95_ms:,.0f} ms",
        "Tokens read per answer": f"{cost.tokens_read:,.0f}",
        "Tokens written per answer": f"{cost.tokens_written:,.0f}",
        "Price of all answers": f"{cost.price:.4f}",
        "Energy of all answers": f"{cost.watt_hours:.2f} Wh",
    }


def _does_it_pay(content: Content) -> str:
    parts = []
    if content.invention:
        rows = [
            interval_row(a.name, a.value, 0.0, 1.0, f"{percent(a.value.estimate)} of {a.value.n}", a.note)
            for a in content.invention
        ]
        parts.append("<h3>Does retrieval pay? Wrong answers given as if they were right</h3>" + _rows(rows))
    if content.search:
        rows = [interval_row(a.name, a.value, 0.0, 1.0, _arm(a.value)) for a in content.search]
        parts.append("<h3>Does each part of the search pay? Evidence found</h3>" + _rows(rows))
    if content.learned is not None:
        parts.append("<h3>Does feedback pay? F1 of the words, before and after</h3>" + _learning(content.learned))
    if content.tried:
        tried = [
            (t.release, t.what or "documents", t.outcome, f"{points(t.delta)} ({points(t.low)} to {points(t.high)})")
            for t in content.tried
        ]
        table = _table(("candidate", "what differs", "gate", "right answers, points"), tried)
        parts.append("<h3>What was tried against a release in force</h3>" + table)
    intro = "Measured on this corpus, not claimed in general. Nothing was chosen on these questions."
    return _section("Does it pay?", intro, "".join(parts)) if parts else ""


def _learning(learned: Learning) -> str:
    gain = learned.gain
    rows = [
        (f"Before: {learned.before}", f"{learned.f1_before:.3f}"),
        (f"With what people confirmed: {learned.release}", f"{learned.f1_after:.3f}"),
        ("Relative gain", f"{100 * gain.estimate:+.0f}% ({100 * gain.low:+.0f}% to {100 * gain.high:+.0f}%)"),
        *((f"Pieces of feedback {standing}", str(count)) for standing, count in learned.verdicts.items()),
    ]
    return _table(("", ""), rows, numbers=True)


def _how(content: Content) -> str:
    aside = [(reason, str(count)) for reason, count in content.set_aside.items()]
    return _section(
        "How it was measured",
        "A question is right when the answer cites its evidence where it stands, or refuses where there is no answer. "
        "Questions whose evidence is gone are set aside and counted here.",
        (_table(("set aside because", "questions"), aside, numbers=True) if aside else "")
        + f'<p class="dim">{escape(content.decision)}</p>',
    )


def _arm(interval: Interval) -> str:
    return f"{interval.estimate:.3f} ({interval.low:.2f}–{interval.high:.2f})"


def _short(value: object) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= 48 else f"{text[:45]}…"


def _tile(value: str, name: str, note: str, colour: str = "") -> str:
    return f'<div class="tile"><b class="{colour}">{escape(value)}</b>{escape(name)}<span>{escape(note)}</span></div>'


def _section(title: str, intro: str, body: str) -> str:
    return f'<section><h2>{escape(title)}</h2><p class="dim">{escape(intro)}</p>{body}</section>'


def _rows(rows: Iterable[str]) -> str:
    return f'<div class="rows">{"".join(rows)}</div>'


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: bool = False) -> str:
    kind = ' class="n"' if numbers else ""
    titles = "".join(f"<th{kind if at else ''}>{escape(cell)}</th>" for at, cell in enumerate(head))
    lines = "".join(
        "<tr>" + "".join(f"<td{kind if at else ''}>{escape(cell)}</td>" for at, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    top = f"<thead><tr>{titles}</tr></thead>" if any(head) else ""
    return f'<div class="table"><table>{top}<tbody>{lines}</tbody></table></div>'
