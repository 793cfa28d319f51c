// Before the first paint, so that no page flashes in the wrong colours or the wrong shape; a file, because the
// Content-Security-Policy allows no inline script.
(() => {
  let chosen = "auto";
  try {
    chosen = localStorage.getItem("mantine-color-scheme-value") ?? "auto";
  } catch {
    // Storage can be forbidden; the system's own scheme is then the best guess.
  }
  const isDark =
    chosen === "dark" || (chosen === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  const root = document.documentElement;
  root.setAttribute("data-mantine-color-scheme", isDark ? "dark" : "light");
  // Paper is white, whatever the screen is.
  let onScreen = "light";
  matchMedia("print").addEventListener("change", ({ matches }) => {
    if (matches) onScreen = root.getAttribute("data-mantine-color-scheme") ?? onScreen;
    root.setAttribute("data-mantine-color-scheme", matches ? "light" : onScreen);
  });
  // What is drawn until the app is there looks like the page that will follow.
  const isEntrance = /^\/(?:sign-in|register)\/?$/.test(location.pathname);
  root.setAttribute("data-start", isEntrance ? "entrance" : "frame");
})();
