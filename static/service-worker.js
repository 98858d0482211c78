// Keeps the whole site for use offline. `cargo xtask dist` fills in the lists below: the files of
// the site by their paths, with hashes of their contents. Empty lists keep nothing.
const FILES = {};
// What the opening page does without. It is kept from the first use of it or of the page.
const LATER = {};

// A site with other files is another cache: a visit sees the old site or the new one, never a mix.
const version = Object.entries({ ...FILES, ...LATER }).flat().join(" ");
const CACHE = `podarium ${[...version].reduce((hash, c) => (Math.imul(hash, 31) + c.charCodeAt(0)) | 0, 7)}`;

self.addEventListener("install", (event) => event.waitUntil(keepAll(FILES)));
self.addEventListener("message", (event) => event.waitUntil(keepAll(LATER)));

async function keepAll(files) {
  const cache = await caches.open(CACHE);
  await cache.addAll(Object.keys(files).map((path) => new Request(path, { cache: "no-cache" })));
}

self.addEventListener("activate", (event) => {
  const forgetOthers = async () => {
    const names = await caches.keys();
    const others = names.filter((name) => name.startsWith("podarium ") && name !== CACHE);
    await Promise.all(others.map((name) => caches.delete(name)));
  };
  event.waitUntil(forgetOthers());
});

self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET" || !event.request.url.startsWith(self.registration.scope)) return;
  event.respondWith(answer(event.request));
});

async function answer(request) {
  const cache = await caches.open(CACHE);
  const key = request.mode === "navigate" ? "index.html" : request;
  return (await cache.match(key, { ignoreSearch: true })) ?? keep(cache, request);
}

async function keep(cache, request) {
  const response = await fetch(request);
  const path = request.url.slice(self.registration.scope.length);
  if (response.ok && path in LATER) await cache.put(request, response.clone());
  return response;
}
