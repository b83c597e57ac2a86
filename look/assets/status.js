// Keeps the public page fresh: asks for it again now and then and puts it in place. A copy
// that stands elsewhere grows old: after five minutes it says that it is not known any more
// how it is. Without this script the page is as good, until it is old; it says as of when.
"use strict";
(() => {
  const main = document.querySelector("main");
  const stale = () => {
    const age = document.getElementById("age"), asOf = Number(main.dataset.asOf);
    if (!age || Date.now() / 1000 - asOf < 300) return;
    age.classList.add("old");
    age.textContent = age.dataset.old;
    document.body.classList.add("stale");
  };
  async function refresh() {
    if (document.hidden || !getSelection().isCollapsed || main.contains(document.activeElement)) return;
    try {
      const answer = await fetch(location.href);
      if (!answer.ok) return;
      const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
      const open = [...main.querySelectorAll("details")].map((e) => e.open);
      main.replaceChildren(...next.childNodes);
      main.dataset.asOf = next.dataset.asOf;
      main.querySelectorAll("details").forEach((e, i) => { e.open = open[i] ?? false; });
      document.body.classList.remove("stale");
    } catch { /* the connection is lost: the page says as of when it is */ }
    stale();
  }
  stale();
  setInterval(stale, 5000);
  setInterval(refresh, 30000);
})();
