// Keeps the page fresh: when the server says that something changed, asks for it again
// and puts it in place. Without this script the page is as good, until it is old.
"use strict";
(() => {
  const help = document.getElementById("keys");
  if (!help || !help.showModal) return;
  const off = document.getElementById("keys-off"), opener = document.getElementById("keys-open");
  const menu = new Map([...document.querySelectorAll(".menu a[data-key]")].map((a) => [a.dataset.key, a.href]));
  menu.set("w", "/wall");
  let silent = false, went = -Infinity;
  try { silent = localStorage.getItem("honderd-keys") === "off"; } catch { /* nothing is kept here */ }
  off.checked = silent;
  off.addEventListener("change", () => { silent = off.checked; try { localStorage.setItem("honderd-keys", silent ? "off" : "on"); } catch { /* until the page is left */ } });
  opener.hidden = false;
  opener.addEventListener("click", () => help.showModal());
  document.getElementById("keys-close").addEventListener("click", () => help.close());
  help.addEventListener("close", () => { if (help.contains(document.activeElement)) document.activeElement.blur(); });
  const step = (by) => {
    const list = [...document.querySelectorAll("main .stack th a, main .log a, main .bars a, main .ahead a, main .sources a")].filter((a) => a.offsetParent);
    if (list.length) list[(list.indexOf(document.activeElement) + by + (list.includes(document.activeElement) || by > 0 ? 0 : 1) + list.length) % list.length].focus();
  };
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || help.open || !help.contains(e.target) && e.target.closest("input, select, textarea, [contenteditable]")) return;
    if (e.key === "?") { help.showModal(); e.preventDefault(); return; }
    if (silent) return;
    if (e.timeStamp - went < 1500 && menu.has(e.key)) { location.assign(menu.get(e.key)); e.preventDefault(); } else if (e.key === "j") step(1);
    else if (e.key === "k") step(-1);
    else if (e.key === "/") { const field = document.querySelector("main input:not([type=hidden]):not([type=checkbox]), main textarea"); if (field) { field.focus(); e.preventDefault(); } }
    went = e.key === "g" && e.timeStamp - went >= 1500 ? e.timeStamp : -Infinity;
  });
})();
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
      const before = keyed(main), at = document.activeElement, [x, y] = [scrollX, scrollY];
      const href = main.contains(at) ? at.getAttribute("href") : null, focus = at?.id;
      const open = [...main.querySelectorAll("details[open]")].map((e) => e.id);
      for (const [key, e] of keyed(next)) {
        const old = before.get(key);
        if (old && old.textContent !== e.textContent) e.classList.add("changed");
      }
      main.replaceChildren(...next.childNodes);
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
      if (href) [...main.querySelectorAll("a")].find((a) => a.getAttribute("href") === href)?.focus({ preventScroll: true });
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
