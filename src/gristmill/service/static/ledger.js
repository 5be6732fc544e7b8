// The documents with their status and the reason for it, for curators.

import { byId, documentLink, el, get, page, problem, table, when } from "./shared.js";

async function show(filter) {
  const fields = new FormData(filter), query = new URLSearchParams();
  for (const [name, value] of fields) if (value) query.set(name, value);
  const { documents, more } = await get(`/api/documents?${query}`);
  byId("count").textContent = `${documents.length}${more ? ` of ${documents.length + more}` : ""} documents`;
  byId("table").replaceChildren(table([["Status", "short"], ["Document"], ["Reason"], ["For", "short"], ["Modified", "short"]], documents.map((one) => [
    el("span", { class: `tag ${one.status === "accepted" ? "good" : one.status === "removed" ? "" : "bad"}` }, one.status),
    one.status === "accepted" ? el("a", { href: documentLink(one.document) }, one.document) : one.document,
    one.reason ?? "", el("span", {}, one.audience.map((group) => el("div", {}, group))), when(one.modified),
  ])));
}

page(() => {
  const filter = byId("filter");
  let waiting;
  filter.onsubmit = (event) => event.preventDefault();
  filter.oninput = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => show(filter).catch((error) => problem(error.message)), 200);
  };
  return show(filter);
});
