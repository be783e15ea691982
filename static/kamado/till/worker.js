// Lets the till open without a network: pages and files come from the network, else as they were last seen.
// Nothing of the API and no pass is kept here; photos and sales wait in IndexedDB.

const CACHE = "kamado-till-1";

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
  const old = caches.keys().then((names) =>
    Promise.all(names.filter((name) => name.startsWith("kamado-till-") && name !== CACHE).map((name) => caches.delete(name))));
  event.waitUntil(old.then(() => self.clients.claim()));
});

const isOurs = (request) => {
  const { origin, pathname } = new URL(request.url);
  const isPage = request.mode === "navigate" && pathname.startsWith("/till/");
  const isFile = /\/kamado\/.+\.(js|css|svg)$/.test(pathname);
  return request.method === "GET" && origin === self.location.origin && (isPage || isFile);
};

const fresh = async (request) => {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok && !response.redirected) await cache.put(request, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true, ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
};

self.addEventListener("fetch", (event) => {
  if (isOurs(event.request)) event.respondWith(fresh(event.request));
});
