// Passkeys: asks the browser to make one, or to show one. Forms that need it are shown only
// where it works; what stands beside them works without.
"use strict";
(() => {
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  for (const e of document.querySelectorAll("[data-nokey]")) e.hidden = true;
  const bytes = (s) => Uint8Array.from(atob(s.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (b) => btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const ids = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));
  async function post(path, body) {
    const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const said = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(said.problem), { said: said.problem });
    return said;
  }
  function plain(c) {
    const r = c.response, response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) if (r[name]) response[name] = text(r[name]);
    if (r.getTransports) response.transports = r.getTransports();
    return { id: c.id, rawId: text(c.rawId), type: c.type, authenticatorAttachment: c.authenticatorAttachment || undefined, clientExtensionResults: c.getClientExtensionResults(), response };
  }
  async function ceremony(form) {
    const invite = form.dataset.invite || "";
    const { publicKey } = await post(form.dataset.ask, { invite });
    publicKey.challenge = bytes(publicKey.challenge);
    let made;
    if (form.dataset.key === "make") {
      publicKey.user.id = bytes(publicKey.user.id);
      publicKey.excludeCredentials = ids(publicKey.excludeCredentials);
      made = await navigator.credentials.create({ publicKey });
    } else {
      publicKey.allowCredentials = ids(publicKey.allowCredentials);
      made = await navigator.credentials.get({ publicKey });
    }
    const said = await post(form.dataset.done, { answer: plain(made), invite, name: form.elements.name?.value || "", to: form.dataset.to || "" });
    location.assign(said.to);
  }
  for (const form of document.querySelectorAll("form[data-key]")) {
    const problem = form.querySelector("[role=alert]");
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      problem.hidden = true;
      try { await ceremony(form); } catch (e) {
        problem.textContent = e.said || (e instanceof DOMException ? form.dataset.refused : form.dataset.failed);
        problem.hidden = false;
      }
    });
    if (form.dataset.now) form.requestSubmit();
  }
})();
