// A receipt in words: who asked, what answered, what was found, which checks were made, and how long each took.

import { citations } from "./answer.js";
import { byId, documentLink, el, get, page, seconds, table, when } from "./shared.js";

// The steps of the answer path, in words; a step without a line here is shown by its name.
const STEPS = {
  normalise: "The question was read, and invisible characters taken out",
  screen: "The question was looked at for orders to a model",
  recall: "The cache was asked for an answer that still holds",
  find: "Passages were searched, only in documents for the asker's groups",
  weigh: "Each sentence and row was weighed as evidence",
  remember: "Evidence that people confirmed for this question was looked for",
  choose: "What is quoted was chosen",
  compare: "Other documents were looked at for another figure",
  word: "The model worded an answer from the chosen evidence",
  verify: "Each sentence was checked against what it cites",
  route: "Another engine was asked, if the settings allow one and the local answer did not do",
  permit: "Groups and quotes were checked once more",
  compose: "The answer was put together",
  clean: "Links, markup and what must not be shown were taken out",
};

page(async () => {
  const id = new URLSearchParams(location.search).get("receipt") ?? "";
  const one = await get(`/api/receipts/${encodeURIComponent(id)}`);
  const slowest = Math.max(...one.trace.map((step) => step.ms), 1);
  byId("receipt").append(...[
    el("section", { class: "card" }, el("h2", {}, one.question),
      el("p", { class: "answer" }, one.answer ?? "It cites what you may not see now."),
      citations(one.citations, one.receipt)),
    one.withheld ? el("p", { class: "notice" }, "Parts of this record are not for you: they come from documents of other groups.") : null,
    el("section", { class: "card" }, el("h2", {}, "In words"),
      el("p", {}, `${one.asker} asked this on ${when(one.at)} and may see what is for ${one.groups.join(", ")}. `,
        one.refused ? "The documents found did not answer it well enough, so there was no answer. " : "",
        one.details?.uncertain ? "It was not certain that the documents found answer it, and the answer says so. " : "",
        one.refused ? "" : `The answer rests on ${one.citations.length} quote${one.citations.length === 1 ? "" : "s"}, each of which stands word for word in its document. `,
        `It took ${seconds(one.latency_ms)} on release ${one.release}.`)),
    el("section", { class: "card" }, el("h2", {}, "What was done"),
      el("div", { class: "wide" }, table([["Step"], ["What it decided"], ["Time", "number"]], one.trace.map((step) =>
        [STEPS[step.step] ?? step.step, step.note, step.ms >= slowest ? el("strong", {}, seconds(step.ms)) : seconds(step.ms)])))),
    el("section", { class: "card" }, el("h2", {}, "What was found"),
      el("div", { class: "wide" }, table([["Document"], ["Score", "number"]], one.passages.map((found) =>
        [el("a", { href: documentLink(found.document, one.receipt) }, found.document), found.score.toFixed(3)])))),
    el("p", { class: "soft" }, `Receipt ${one.receipt}. On the command line: gristmill receipt show ${one.receipt}`),
  ].filter(Boolean));
});
