// Starts the app: loads the compiled simulator and its screen. Stands alone so that no inline script is needed.
import init from "./podarium.js";

init({ module_or_path: new URL("./podarium_bg.wasm", import.meta.url) }).catch((error) => {
  const place = document.getElementById("loading");
  if (place) place.textContent = `Podarium could not start: ${error.message ?? error}. It needs a browser with WebAssembly.`;
  throw error;
});
