// Keeps the site for use offline. Only the page that `cargo xtask dist` writes loads this file, so
// that a development server never shows a stale file.

// Not before the page has what it needs itself: the worker would fetch it beside the page.
addEventListener("load", () => {
  navigator.serviceWorker
    ?.register("service-worker.js")
    .catch((error) => console.warn("Podarium will not work offline:", error));
});

// A visit that only looks does not pay for the whole program; whoever touches it will want the rest.
const touched = new AbortController();
for (const event of ["pointerdown", "keydown"]) {
  addEventListener(event, () => (touched.abort(), keepAll()), { signal: touched.signal });
}

async function keepAll() {
  const registration = await navigator.serviceWorker?.ready;
  registration?.active?.postMessage("keep all");
}
