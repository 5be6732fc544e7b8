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

// The service says by a word why it let nobody in; the words of the page are its own.
const REFUSED = {
  failed: "The provider did not say who you are. Try again.",
  unknown: "Nobody with your name was added here. Ask an admin.",
};
problem(REFUSED[new URLSearchParams(location.search).get("refused")] ?? "");
const provider = document.getElementById("provider");
if (provider) provider.href += `?next=${encodeURIComponent(next())}`;
byId("key").focus();
