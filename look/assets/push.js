// Lets a browser ask to be told, also when the page is closed. Without this script the
// page offers the other ways.
"use strict";
(() => {
  const box = document.getElementById("push");
  if (!box || !("serviceWorker" in navigator) || !("PushManager" in window)) return;
  box.hidden = false;
  const say = (name) => { box.querySelector("p").textContent = box.dataset[name]; };
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  box.querySelector("button").addEventListener("click", async () => {
    try {
      const worker = await navigator.serviceWorker.register(box.dataset.base + "/worker.js", { scope: box.dataset.base + "/" });
      const sub = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(box.dataset.key) });
      const answer = await fetch(box.dataset.base + "/push?" + new URLSearchParams([...box.querySelectorAll("input:checked")].map((e) => ["component", e.value])), { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(sub) });
      say(answer.ok ? "done" : "failed");
    } catch { say("failed"); }
  });
})();
