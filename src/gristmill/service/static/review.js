// What people said of answers, for those who judge it.

import { citations } from "./answer.js";
import { byId, call, el, get, listed, page, problem, when } from "./shared.js";

const COLOURS = { confirmed: "good", open: "", dismissed: "bad" };

function ruled(verdict) {
  if (!verdict) return el("p", { class: "soft" }, "The court has not looked at it yet.");
  const evidence = verdict.evidence.map((each) => el("blockquote", {}, each.quote, el("span", { class: "soft" }, ` ${each.document}`)));
  return el("div", { class: "verdict" },
    el("p", {}, el("span", { class: `tag ${COLOURS[verdict.standing]}` }, verdict.standing), ` ${verdict.cause}. ${verdict.reason ?? ""}`),
    verdict.answer ? el("p", {}, el("strong", {}, "Right would be: "), verdict.answer) : null,
    ...evidence);
}

// A reviewer's own opinion is feedback like any other, and enough for the court.
function opinion(answer, rating, text, note) {
  const button = el("button", { type: "button" }, text);
  button.onclick = async () => {
    button.disabled = true;
    try {
      await call("/api/feedback", { method: "POST", body: { receipt: answer.receipt, rating } });
      note.textContent = "Noted. The court counts it at its next session.";
    } catch (error) {
      button.disabled = false;
      problem(error.message);
    }
  };
  return button;
}

function item({ feedback, answer, verdict }) {
  const note = el("span", { class: "soft", role: "status" });
  const down = feedback.rating === "down";
  return el("article", { class: "card" },
    el("p", {}, el("span", { class: `tag ${down ? "bad" : "good"}` }, down ? "not helpful" : "helpful"),
      feedback.reason ? ` ${feedback.reason}` : "", el("span", { class: "soft" }, ` ${feedback.person}, ${when(feedback.at)}`)),
    el("h2", {}, answer.question),
    el("p", { class: "answer" }, answer.answer ?? "It cites what you may not see."),
    feedback.correction ? el("div", { class: "notice" }, el("strong", {}, "Would have been right: "), feedback.correction) : null,
    citations(answer.citations, answer.receipt),
    ruled(verdict),
    el("p", { class: "row" }, opinion(answer, "up", "The answer is right", note), opinion(answer, "down", "The answer is not right", note), note),
    el("p", {}, el("a", { href: `/why?receipt=${encodeURIComponent(answer.receipt)}` }, "Why this answer?")),
  );
}

page(() => {
  const filter = byId("filter");
  const list = listed(async (next) => {
    const query = new URLSearchParams({ limit: "20" });
    const rating = new FormData(filter).get("rating");
    if (rating) query.set("rating", rating);
    const standing = new FormData(filter).get("standing");
    if (standing) query.set("standing", standing);
    if (next) query.set("before", next);
    const found = await get(`/api/feedback?${query}`);
    return [found.feedback.map(item), found.next];
  });
  filter.onchange = () => { list.clear(); list.load().catch((error) => problem(error.message)); };
  return list.load();
});
