// Runs before the first paint, so that a dark page does not flash white. It is a file because the
// content security policy forbids inline scripts.
(() => {
  let theme = null;
  try {
    theme = localStorage.getItem("shopx.theme");
  } catch {
    // Without storage, the system decides.
  }
  const dark =
    theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
