// Keeps the page fresh: when the server says that something changed, asks for it again
// and puts it in place. Without this script the page is as good, until it is old.
"use strict";
(() => {
  const sign = document.getElementById("live"), main = document.querySelector("main");
  if (!sign || !window.EventSource || main.hasAttribute("data-still")) return;
  const show = (on) => { sign.className = on ? "live on" : "live off"; sign.textContent = on ? sign.dataset.live : sign.dataset.lost; };
  const keyed = (root) => new Map([...root.querySelectorAll("[data-k]")].map((e) => [e.dataset.k, e]));
  const writing = () => [...main.querySelectorAll("textarea, input:not([type=hidden]):not([type=checkbox])")].some((e) => e.value !== e.defaultValue) || !!document.activeElement?.closest?.("main form");
  let busy = false, due = false;
  async function refresh() {
    due = true;
    if (busy || document.hidden || writing() || !getSelection().isCollapsed) return;
    [busy, due] = [true, false];
    try {
      const url = new URL(location.href);
      url.searchParams.set("fragment", "1");
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(answer.statusText);
      const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
      if (writing()) { due = true; return; } // somebody began meanwhile
      const before = keyed(main), focus = document.activeElement?.id, [x, y] = [scrollX, scrollY];
      const open = [...main.querySelectorAll("details[open]")].map((e) => e.id);
      for (const [key, e] of keyed(next)) {
        const old = before.get(key);
        if (old && old.textContent !== e.textContent) e.classList.add("changed");
      }
      main.replaceChildren(...next.childNodes);
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
      if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
      scrollTo(x, y);
      show(true);
    } catch { show(false); } finally { busy = false; }
  }
  (function connect() {
    const live = new EventSource("/live");
    live.onopen = () => { show(true); refresh(); };
    live.onerror = () => { show(false); if (live.readyState === 2) setTimeout(connect, 5000); };
    live.addEventListener("changed", refresh);
  })();
  for (const e of ["visibilitychange", "selectionchange"]) document.addEventListener(e, () => due && refresh());
})();
