// Pages come from the network, always; without one this answers with a plain page that says so.
// The till has a worker of its own for everything below /till/, whose caches are left alone.

const CACHE = "kamado-app-1";
const OFFLINE = "/offline/";

self.addEventListener("install", (event) => {
  const kept = caches.open(CACHE).then((cache) => cache.add(new Request(OFFLINE, { cache: "reload" })));
  event.waitUntil(kept.then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = caches.keys().then((names) =>
    Promise.all(names.filter((name) => name.startsWith("kamado-app-") && name !== CACHE).map((name) => caches.delete(name))));
  event.waitUntil(old.then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  if (event.request.mode !== "navigate" || event.request.method !== "GET" || pathname.startsWith("/till/")) return;
  event.respondWith(fetch(event.request).catch(() => caches.match(OFFLINE)));
});
