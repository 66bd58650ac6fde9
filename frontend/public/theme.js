// Runs before the first paint, so that a dark page never flashes white. It is a file and not an
// inline script because the page's content security policy allows none.
(() => {
  let theme = null;
  try {
    theme = localStorage.getItem("shopx.theme");
  } catch {
    // Without storage the system decides.
  }
  const dark =
    theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
