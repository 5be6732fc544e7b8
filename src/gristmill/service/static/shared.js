// What all pages share: elements made of text alone, calls of the API, and who is signed in.
// Nothing here or elsewhere sets HTML: what documents and people wrote is only ever text.

const ROLES = ["reader", "reviewer", "curator", "admin"];

/** Make an element. Attributes with a null value are left out; children are elements or text. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

export const byId = (id) => document.getElementById(id);

/** Tell a person what went wrong and what to do, or take it back with nothing. */
export function problem(text = "") {
  byId("problem").textContent = text;
}

class ApiError extends Error {
  constructor(status, body) {
    super([body?.title, body?.detail].filter(Boolean).join(": ") || `The service answered ${status}.`);
    this.status = status;
  }
}

let csrf = null;

/** Call the API and return the response. A sign-in that ended leads to the sign-in page. */
export async function call(path, { method = "GET", body, headers = {}, signal } = {}) {
  const sent = { Accept: "application/json", ...headers };
  if (body !== undefined) sent["Content-Type"] = "application/json";
  if (csrf) sent["X-CSRF-Token"] = csrf;
  const response = await fetch(path, {
    method, headers: sent, signal, credentials: "same-origin", body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (response.ok) return response;
  if (response.status === 401 && document.documentElement.dataset.page !== "sign-in") {
    location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
  throw new ApiError(response.status, await response.json().catch(() => null));
}

export const get = async (path) => (await call(path)).json();

/** Find out who is signed in, show it, and show the pages that their role sees. */
async function meet() {
  const me = await get("/api/me");
  csrf = me.csrf;
  for (const item of document.querySelectorAll("[data-role]")) {
    item.hidden = ROLES.indexOf(me.role) < ROLES.indexOf(item.dataset.role);
  }
  const groups = me.groups.filter((group) => group !== "everyone");
  const said = me.local ? "You, at this machine" : `${me.name}, ${me.role}`;
  byId("who").append(`${said}${groups.length ? ` · sees ${groups.join(", ")}` : ""} `);
  if (!me.local) byId("who").append(el("button", { type: "button", class: "plain", onclick: leave }, "Sign out"));
  return me;
}

async function leave() {
  await call("/api/session", { method: "DELETE" });
  location.assign("/sign-in");
}

/** Run a page: meet the person, then do its work; what goes wrong is told in place. */
export async function page(work) {
  try {
    await work(await meet());
  } catch (error) {
    if (error.status !== 401) problem(error.message);
  }
}

export const when = (iso) =>
  iso ? new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }) : "";
export const seconds = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/** Where a document opens, at the places that an answer cites. */
export function documentLink(name, receipt, number) {
  const query = new URLSearchParams({ name });
  if (receipt) query.set("receipt", receipt);
  return `/document?${query}${number ? `#c${number}` : ""}`;
}

/** The address of a span of a document. */
export function placeLink({ document, start, end }) {
  return `/document?${new URLSearchParams({ name: document, span: `${start}-${end}` })}`;
}

/** A table with a heading row; a column is [title, class or empty]. */
export function table(columns, rows) {
  return el("table", {},
    el("thead", {}, el("tr", {}, columns.map(([title, kind]) => el("th", { scope: "col", class: kind || null }, title)))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((cell, at) => el("td", { class: columns[at][1] || null }, cell ?? ""))))),
  );
}

/** Show pages of a list, with a button for more. `read` gets where to go on and returns [elements, next]. */
export function listed(read) {
  const list = byId("list"), more = byId("more");
  let next = null;
  async function load() {
    const [items, following] = await read(next);
    list.append(...items);
    if (!list.children.length) list.append(el("p", { class: "soft" }, "Nothing yet."));
    next = following;
    more.hidden = !next;
  }
  more.onclick = () => load().catch((error) => problem(error.message));
  return { load, clear() { list.replaceChildren(); next = null; } };
}
