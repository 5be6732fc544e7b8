// One's own questions, newest first.

import { citations } from "./answer.js";
import { el, get, listed, page, when } from "./shared.js";

function item(one) {
  return el("article", { class: "card" },
    el("h2", {}, one.question),
    el("p", { class: "answer" }, one.answer ?? "It cites what you may not see now."),
    citations(one.citations, one.receipt),
    el("p", { class: "soft" }, `${when(one.at)} · `, el("a", { href: `/why?receipt=${encodeURIComponent(one.receipt)}` }, "Why this answer?"), " · ",
      el("a", { href: `/?q=${encodeURIComponent(one.question)}` }, "Ask again")),
  );
}

page(() => listed(async (next) => {
  const found = await get(`/api/receipts?limit=20${next ? `&before=${encodeURIComponent(next)}` : ""}`);
  return [found.receipts.map(item), found.next];
}).load());
