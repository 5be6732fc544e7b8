// A document, with the places that an answer cites marked, and opened at one of them.

import { byId, el, get, page, when } from "./shared.js";

function marked(part) {
  return el("mark", { id: `c${part.highlight}`, tabindex: "-1" }, part.text, el("sup", { "aria-label": `citation ${part.highlight}` }, `[${part.highlight}]`));
}

/** The pieces of a part, with a line where a page begins. */
function pieces(part, pages) {
  if (part.highlight !== null) return [marked(part)];
  const inside = pages.filter((one) => one.page > 1 && one.start > part.start && one.start < part.end);
  let at = part.start;
  const cut = [];
  for (const one of inside) {
    cut.push(part.text.slice(at - part.start, one.start - part.start), el("span", { class: "page" }, `page ${one.page}`));
    at = one.start;
  }
  return [...cut, part.text.slice(at - part.start)];
}

page(async () => {
  const asked = new URLSearchParams(location.search), query = new URLSearchParams();
  const name = asked.get("name") ?? "";
  for (const key of ["receipt", "span"]) if (asked.get(key)) query.set(key, asked.get(key));
  const found = await get(`/api/documents/${name.split("/").map(encodeURIComponent).join("/")}?${query}`);
  document.querySelector("h1").textContent = found.title || found.document;
  document.title = `${found.title || found.document} · Gristmill`;
  byId("about").textContent = [found.document, when(found.modified), found.language].filter(Boolean).join(" · ");
  if (found.lost.length) byId("about").append(el("strong", {}, ` The document was edited: citation ${found.lost.join(", ")} is not in it any more.`));
  byId("text").append(...found.parts.flatMap((part) => pieces(part, found.pages)));
  const target = byId(location.hash.slice(1)) ?? document.querySelector("mark");
  target?.scrollIntoView({ block: "center" });
  target?.focus({ preventScroll: true });
});
