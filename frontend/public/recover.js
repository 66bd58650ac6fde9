// During a rollout, the page may come from a pod of one release and the request for its files go to a
// pod of another, which does not have them. The page then reloads until both come from one release.
(() => {
  const SINCE = "shopx.incomplete-since";
  const PAUSE_MS = 2_000;
  const GIVE_UP_MS = 60_000;
  const FORGET_MS = 600_000;

  function mayReload() {
    const now = Date.now();
    try {
      const known = Number(sessionStorage.getItem(SINCE));
      const since = now - known > FORGET_MS ? now : known;
      sessionStorage.setItem(SINCE, String(since));
      return now - since < GIVE_UP_MS;
    } catch {
      // Without storage, nothing would end the reloads.
      return false;
    }
  }

  window.addEventListener(
    "error",
    ({ target }) => {
      // A file that is loaded ahead is asked for again where it is needed, and its failure is that
      // script's. Firefox also reports one that is being loaded already.
      const isFile =
        target instanceof HTMLScriptElement ||
        (target instanceof HTMLLinkElement && target.rel === "stylesheet");
      const hasStarted = document.getElementById("root")?.hasChildNodes();
      if (isFile && !hasStarted && mayReload()) {
        setTimeout(() => window.location.reload(), PAUSE_MS);
      }
    },
    // Failures to load do not bubble.
    true,
  );
})();
