// Keeps the site for use offline. Only the page that `cargo xtask dist` writes loads this file, so
// that a development server never shows a stale file.
navigator.serviceWorker
  ?.register("service-worker.js")
  .catch((error) => console.warn("Podarium will not work offline:", error));
