// What people asked in vain, for curators: the document to write, or the two that disagree.

import { byId, documentLink, el, get, page, when } from "./shared.js";

function documents(title, names) {
  if (!names.length) return "";
  const links = names.flatMap((name, at) => [at ? ", " : "", el("a", { href: documentLink(name) }, name)]);
  return el("p", {}, `${title}: `, ...links);
}

function card(gap) {
  const why = Object.entries(gap.why).map(([name, count]) => `${count} ${name}`).join(", ");
  return el("article", { class: "card" },
    el("h2", {}, gap.title),
    el("p", {}, el("span", { class: `tag ${gap.open ? "bad" : "good"}` }, gap.open ? "open" : "closed"),
      ` Asked ${gap.weight} times by ${gap.people} ${gap.people === 1 ? "person" : "people"}: ${why}. Last ${when(gap.last)}.`),
    el("ul", {}, ...gap.questions.map((question) => el("li", {}, question))),
    documents("Two documents disagree", gap.disagree),
    documents("Closest documents", gap.closest));
}

page(async () => {
  const { gaps } = await get("/api/gaps");
  const open = gaps.filter((gap) => gap.open).length;
  byId("count").textContent = gaps.length
    ? `${open} open, ${gaps.length - open} closed. A gap closes when the gate's questions on it pass.`
    : "Nothing was asked in vain, as far as was looked. 'gristmill gaps' looks again.";
  byId("list").append(...gaps.map(card));
});
