// Makes the portal installable: a worker that answers with the offline page when there is no network.
"use strict";
if ("serviceWorker" in navigator && window.isSecureContext) {
  navigator.serviceWorker.register("/worker.js", { scope: "/" }).catch(() => {});
}
