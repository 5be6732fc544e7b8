// Signing in with a key. The session's cookie cannot be read by scripts.

import { byId, call, problem } from "./shared.js";

/** Where to go on: a path of this service, never another site. */
function next() {
  const wanted = new URL(new URLSearchParams(location.search).get("next") ?? "/", location.origin);
  return wanted.origin === location.origin ? wanted.pathname + wanted.search : "/";
}

byId("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  problem();
  try {
    await call("/api/session", { method: "POST", body: { key: byId("key").value } });
    location.assign(next());
  } catch (error) {
    problem(error.message);
    byId("key").select();
  }
});
byId("key").focus();
