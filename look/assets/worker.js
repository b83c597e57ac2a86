// Shows what the public page tells, also when it is closed.
"use strict";
addEventListener("push", (event) => {
  let m = {};
  try { m = event.data.json(); } catch { /* another sender: nothing to show */ }
  event.waitUntil(registration.showNotification(String(m.title || "Status"), { body: String(m.body || ""), tag: String(m.tag || ""), data: { url: String(m.url || "") } }));
});
addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = event.notification.data.url;
  if (url.startsWith("https://") || url.startsWith("http://")) event.waitUntil(clients.openWindow(url));
});
