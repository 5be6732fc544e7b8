// What people said of answers, for those who judge it.

import { citations } from "./answer.js";
import { byId, el, get, listed, page, problem, when } from "./shared.js";

function item({ feedback, answer }) {
  const down = feedback.rating === "down";
  return el("article", { class: "card" },
    el("p", {}, el("span", { class: `tag ${down ? "bad" : "good"}` }, down ? "not helpful" : "helpful"),
      feedback.reason ? ` ${feedback.reason}` : "", el("span", { class: "soft" }, ` ${feedback.person}, ${when(feedback.at)}`)),
    el("h2", {}, answer.question),
    el("p", { class: "answer" }, answer.answer ?? "It cites what you may not see."),
    feedback.correction ? el("div", { class: "notice" }, el("strong", {}, "Would have been right: "), feedback.correction) : null,
    citations(answer.citations, answer.receipt),
    el("p", {}, el("a", { href: `/why?receipt=${encodeURIComponent(answer.receipt)}` }, "Why this answer?")),
  );
}

page(() => {
  const filter = byId("filter");
  const list = listed(async (next) => {
    const query = new URLSearchParams({ limit: "20" });
    const rating = new FormData(filter).get("rating");
    if (rating) query.set("rating", rating);
    if (next) query.set("before", next);
    const found = await get(`/api/feedback?${query}`);
    return [found.feedback.map(item), found.next];
  });
  filter.onchange = () => { list.clear(); list.load().catch((error) => problem(error.message)); };
  return list.load();
});
