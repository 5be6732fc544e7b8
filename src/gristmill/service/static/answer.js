// An answer as people see it: sentences with numbered citations, the quotes, the passages, and what they think of it.

import { call, documentLink, el, placeLink, seconds } from "./shared.js";

const REASONS = { wrong: "It is wrong", outdated: "It is outdated", missing: "Something is missing", unsafe: "It is unsafe", other: "Something else" };

/** A sentence with links to what it cites. */
export function sentence(said, receipt, citations) {
  const links = said.cites.map((number) => {
    const cited = citations[number - 1];
    const where = cited ? `${cited.title || cited.document}: “${cited.quote}”` : "";
    return el("a", { class: "cite", href: cited && receipt ? documentLink(cited.document, receipt, number) : `#q${number}`, title: where, "aria-label": `Citation ${number}` }, `[${number}]`);
  });
  return el("span", {}, `${said.text} `, links, " ");
}

/** The quotes, each with a link to its place in the document. */
export function citations(cited, receipt) {
  if (!cited.length) return null;
  return el("ol", { class: "citations" }, cited.map((one, at) => el("li", { id: `q${at + 1}` },
    el("a", { href: documentLink(one.document, receipt, at + 1) }, one.title || one.document),
    el("span", { class: "soft" }, ` ${one.document}${one.page ? `, page ${one.page}` : ""}`),
    el("blockquote", {}, one.quote),
  )));
}

/** What came nearest to a question that is not answered, each with a link to its place. */
function closest(near) {
  if (!near?.length) return null;
  return el("section", { class: "closest" }, el("h3", {}, "Closest, though it may not answer"),
    el("ul", {}, near.map((one) => el("li", {},
      el("a", { href: placeLink(one) }, one.title || one.document),
      el("span", { class: "soft" }, ` ${one.document}${one.page ? `, page ${one.page}` : ""}`),
      el("blockquote", {}, one.quote),
    ))));
}

/** The passages that were found, folded unless `open`. */
export function passages(found, open, title) {
  if (!found.length) return null;
  return el("details", { open }, el("summary", {}, title),
    el("ul", {}, found.map((one) => el("li", {},
      el("a", { href: placeLink(one) }, one.title || one.document),
      el("span", { class: "soft" }, ` ${one.headings.join(" › ")}`),
    ))));
}

/** Buttons to rate an answer, with the reason and the correction when it did not help. */
export function feedback(receipt) {
  const key = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  const told = el("span", { role: "status", class: "soft" });
  const area = el("div");
  const up = el("button", { type: "button", class: "plain", "aria-pressed": "false", onclick: () => rate("up", up) }, "Helpful");
  const down = el("button", { type: "button", class: "plain", "aria-pressed": "false", "aria-expanded": "false", onclick: explain }, "Not helpful");

  async function rate(rating, button, fields = {}) {
    try {
      await call("/api/feedback", { method: "POST", body: { receipt, rating, ...fields }, headers: { "Idempotency-Key": `${key}-${rating}` } });
      for (const one of [up, down]) one.setAttribute("aria-pressed", String(one === button));
      told.textContent = "Thank you. It is stored with this answer.";
      area.replaceChildren();
      down.setAttribute("aria-expanded", "false");
    } catch (error) {
      told.textContent = error.message;
    }
  }

  function explain() {
    const form = el("form", { onsubmit: (event) => {
      event.preventDefault();
      const fields = new FormData(form);
      rate("down", down, { reason: fields.get("reason") || null, correction: fields.get("correction").trim() });
    } },
    el("fieldset", {}, el("legend", {}, "What is wrong with it?"),
      el("div", { class: "options" }, Object.entries(REASONS).map(([value, text]) =>
        el("label", {}, el("input", { type: "radio", name: "reason", value, required: true }), ` ${text}`))),
      el("label", {}, "What would have been right? ", el("textarea", { name: "correction", rows: "2", maxlength: "4000" })),
      el("div", { class: "actions" }, el("button", { type: "submit" }, "Send")),
    ));
    area.replaceChildren(form);
    down.setAttribute("aria-expanded", "true");
    form.querySelector("input").focus();
  }

  return el("div", {}, el("div", { class: "actions" }, up, down,
    el("a", { href: `/why?receipt=${encodeURIComponent(receipt)}` }, "Why this answer?"), told), area);
}

/** Everything below the sentences of a finished answer. */
export function rest(answer) {
  const whom = answer.ask_whom?.length ? el("p", { class: "notice" }, `Who may know: ${answer.ask_whom.join(", ")}.`) : null;
  const dispute = answer.disputed ? el("p", { class: "notice" }, "The documents disagree. Both are shown; ask the owner which one holds.") : null;
  return [
    dispute, whom, citations(answer.citations, answer.receipt), closest(answer.closest),
    passages(answer.passages, false, answer.refused ? `Looked at ${answer.passages.length} passages` : `Found in ${answer.passages.length} passages`),
    feedback(answer.receipt),
    el("p", { class: "soft" }, `${answer.cached ? "From the cache, " : ""}${seconds(answer.latency_ms)} · release ${answer.release}`),
  ];
}
