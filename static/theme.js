// Sets the theme before the first paint: the one chosen last, else the system's. So, too, what the address asks for:
// `?embed` for a page inside another, `?mode=projector` for a wall.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("podarium.theme");
  } catch (error) {
    // Storage may be forbidden; the system's theme is a fine answer then.
    chosen = null;
  }
  var dark = matchMedia("(prefers-color-scheme: dark)").matches;
  var asked = new URLSearchParams(location.search);
  if (asked.has("embed")) document.documentElement.dataset.embed = "";
  if (asked.get("mode") === "projector") document.documentElement.dataset.mode = "projector";
  document.documentElement.dataset.theme = chosen === "light" || chosen === "dark" ? chosen : dark ? "dark" : "light";
})();
