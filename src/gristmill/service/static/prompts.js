// The prompt: its versions with what changed in each, and a form for a new one, which the gate decides on.

import { byId, call, el, get, page, problem, when } from "./shared.js";

const LINES = { "+": "ins", "-": "del" };

function changes(diff) {
  const lines = diff.split("\n").filter((line) => !/^(---|\+\+\+|@@)/.test(line));
  return el("pre", { class: "diff" }, lines.map((line) => el(LINES[line[0]] ?? "span", {}, `${line}\n`)));
}

function version(one) {
  return el("article", { class: "card" },
    el("h2", {}, `Version ${one.version} `, one.answering ? el("span", { class: "tag good" }, "answers now") : null),
    el("p", { class: "soft" }, [one.who, when(one.when), one.note].filter(Boolean).join(" · ")),
    one.diff ? changes(one.diff) : null,
    el("details", {}, el("summary", {}, "The whole text"), el("pre", { class: "document" }, one.text)),
  );
}

function editor(latest) {
  const form = el("form", { class: "card", onsubmit: async (event) => {
    event.preventDefault();
    problem();
    const fields = new FormData(form);
    try {
      show(await (await call("/api/prompts", { method: "POST", body: { text: fields.get("text"), note: fields.get("note") } })).json());
    } catch (error) {
      problem(error.message);
    }
  } },
  el("h2", {}, "A new version"),
  el("label", { for: "text" }, "Text"), el("textarea", { id: "text", name: "text", rows: "10", maxlength: "8000", required: true, "aria-describedby": "text-hint" }, latest),
  el("p", { id: "text-hint", class: "hint" }, "A part for the system, a line ---, a part for the user with {mark}, {passages} and {question}."),
  el("label", { for: "note" }, "Why"), el("input", { id: "note", name: "note", maxlength: "200", required: true }),
  el("div", { class: "actions" }, el("button", { type: "submit" }, "Keep this version")));
  return form;
}

function show({ prompts, candidate }) {
  byId("list").replaceChildren(
    ...[candidate ? el("p", { class: "notice", role: "status" }, `Release ${candidate} waits for the gate: gristmill gate ${candidate}`) : null,
      editor(prompts[0].text), ...prompts.map(version)].filter(Boolean));
}

page(async () => show(await get("/api/prompts")));
