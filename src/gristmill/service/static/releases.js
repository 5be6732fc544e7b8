// The releases: which one answers, what is in it, and how it was decided.

import { byId, el, get, page, when } from "./shared.js";

const shown = (value) => (typeof value === "object" && value !== null ? JSON.stringify(value) : String(value));

page(async () => {
  const { releases } = await get("/api/releases");
  byId("list").append(...releases.map((one) => el("article", { class: "card" },
    el("h2", {}, one.release, " ", one.serving ? el("span", { class: "tag good" }, "answers now") : null),
    el("p", { class: "soft" }, `${when(one.at)} · ${one.kind} · ${one.state}`),
    one.decisions.map((decision) => el("p", { class: "notice" },
      el("strong", {}, decision.outcome), ` by ${decision.who}, ${when(decision.at)}: ${decision.reason}`)),
    el("details", {}, el("summary", {}, "Everything in it that can change an answer"),
      el("dl", {}, Object.entries(one.manifest).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, shown(value))]))),
  )));
  if (!releases.length) byId("list").append(el("p", { class: "soft" }, "Nothing was asked yet, so no release has answered."));
});
