// Sets the theme before the first paint: the one chosen last, else the system's.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("podarium.theme");
  } catch (error) {
    // Storage may be forbidden; the system's theme is a fine answer then.
    chosen = null;
  }
  var dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = chosen === "light" || chosen === "dark" ? chosen : dark ? "dark" : "light";
})();
