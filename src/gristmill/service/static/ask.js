// Asking: the answer streams in, sentence by sentence, each one verified before it is sent.

import { passages, rest, sentence } from "./answer.js";
import { byId, call, el, page, problem } from "./shared.js";

const form = byId("ask"), box = byId("question"), send = byId("send"), state = byId("state"), answers = byId("answers");
let running = null;

/** Yield [name, data] of each event of a stream. */
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += value;
    let end;
    while ((end = held.indexOf("\n\n")) >= 0) {
      const lines = held.slice(0, end).split("\n");
      held = held.slice(end + 2);
      const field = (name) => lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2)).join("\n");
      yield [field("event"), JSON.parse(field("data"))];
    }
  }
}

async function ask(question) {
  running = new AbortController();
  const text = el("p", { class: "answer" }), found = el("div"), below = el("div");
  const card = el("article", { class: "card", "aria-busy": "true" }, el("h2", {}, question), text, found, below);
  answers.prepend(card);
  state.textContent = "Searching the documents …";
  try {
    const response = await call("/api/ask", { method: "POST", body: { question, stream: true }, headers: { Accept: "text/event-stream" }, signal: running.signal });
    for await (const [name, data] of events(response)) {
      if (name === "passages") {
        state.textContent = `${data.passages.length} passages found. Checking what they say …`;
        found.replaceChildren(passages(data.passages, false, `Found in ${data.passages.length} passages`) ?? "");
      } else if (name === "sentence") {
        text.append(sentence(data.sentence, null, data.citations));
      } else if (name === "done") {
        finish(data);
      } else if (name === "error") {
        throw new Error([data.title, data.detail].filter(Boolean).join(": "));
      }
    }
  } catch (error) {
    state.textContent = error.name === "AbortError" ? "Stopped." : "";
    if (error.name !== "AbortError") problem(error.message);
    if (!text.textContent) card.remove();
  } finally {
    card.removeAttribute("aria-busy");
    running = null;
  }

  function finish(answer) {
    found.replaceChildren();
    text.replaceChildren(...(answer.sentences.length ? answer.sentences.map((one) => sentence(one, answer.receipt, answer.citations)) : [answer.answer]));
    below.replaceChildren(...rest(answer).filter(Boolean));
    const quoted = `${answer.citations.length} citation${answer.citations.length === 1 ? "" : "s"}`;
    state.textContent = answer.refused ? "There is no answer in the documents." : answer.uncertain ? `Not certain; ${quoted}.` : `Answered, with ${quoted}.`;
    card.classList.toggle("uncertain", answer.uncertain);
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const question = box.value.trim();
  if (!question || running) return;
  problem();
  send.disabled = true;
  box.value = "";
  await ask(question);
  send.disabled = false;
  box.focus();
});
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    form.requestSubmit();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") running?.abort();
  if (event.key === "/" && !event.target.closest("input, textarea, select")) {
    event.preventDefault();
    box.focus();
  }
});

page(async () => {
  box.focus();
  const asked = new URLSearchParams(location.search).get("q");
  if (asked) box.value = asked;
});
