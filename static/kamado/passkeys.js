// Passkeys: ask the browser for one, put its answer into the form, send it. No dependency.
(() => {
  "use strict";
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  function toCreate(asked) {
    const selection = { ...asked.authenticatorSelection, residentKey: "required", requireResidentKey: true, userVerification: "required" };
    return {
      ...asked, challenge: bytes(asked.challenge), user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: named(asked.excludeCredentials), authenticatorSelection: selection,
    };
  }

  function toGet(asked) {
    return { ...asked, challenge: bytes(asked.challenge), allowCredentials: named(asked.allowCredentials) };
  }

  function told(credential) {
    const said = credential.response, response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (said[name]) response[name] = text(said[name]);
    }
    if (said.getTransports) response.transports = said.getTransports();
    return {
      id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
      clientExtensionResults: credential.getClientExtensionResults(),
    };
  }

  async function options(button) {
    if (!button.dataset.from) return JSON.parse(document.getElementById("passkey-options").textContent).publicKey;
    const answer = await fetch(button.dataset.from, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`the portal answered ${answer.status}`);
    return (await answer.json()).request_options.publicKey;
  }

  async function ask(button) {
    const asked = await options(button);
    return button.dataset.passkey === "create"
      ? navigator.credentials.create({ publicKey: toCreate(asked) })
      : navigator.credentials.get({ publicKey: toGet(asked) });
  }

  function tell(error) {
    const place = document.getElementById("passkey-error");
    const reason = { NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "known" }[error.name] || "failed";
    place.textContent = window.PublicKeyCredential ? place.dataset[reason] : place.dataset.missing;
    place.hidden = false;
  }

  for (const button of document.querySelectorAll("[data-passkey]")) {
    button.form.addEventListener("submit", async (event) => {
      event.preventDefault();
      document.getElementById("passkey-error").hidden = true;
      button.disabled = true;
      try {
        button.form.elements.credential.value = JSON.stringify(told(await ask(button)));
        button.form.submit();
      } catch (error) {
        tell(error);
        button.disabled = false;
      }
    });
  }
})();
