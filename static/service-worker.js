// Keeps the whole site for use offline. `cargo xtask dist` fills in the list below: every file of
// the site by its path, with a hash of its content. An empty list keeps nothing.
const FILES = {};

// A site with other files is another cache: a visit sees the old site or the new one, never a mix.
const version = Object.entries(FILES).flat().join(" ");
const CACHE = `podarium ${[...version].reduce((hash, c) => (Math.imul(hash, 31) + c.charCodeAt(0)) | 0, 7)}`;

self.addEventListener("install", (event) => {
  const requests = Object.keys(FILES).map((path) => new Request(path, { cache: "no-cache" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(requests)));
});

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

// What is loaded only when somebody asks for it is kept from then on.
async function keep(cache, request) {
  const response = await fetch(request);
  if (response.ok && /\/(documentation\.txt|editor-assist\.js)$/.test(request.url)) await cache.put(request, response.clone());
  return response;
}
