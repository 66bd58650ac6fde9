// While a release is rolled out, this page may come from one pod and its files be asked of another,
// which has those of its own release: then the whole is asked for again, for as long as that takes.
(() => {
  const SINCE = "shopx.incomplete-since";
  const PAUSE_MS = 2_000;
  const GIVE_UP_MS = 60_000;
  const FORGET_MS = 600_000;

  function isWorthAnotherTry() {
    const now = Date.now();
    try {
      const known = Number(sessionStorage.getItem(SINCE));
      const since = now - known > FORGET_MS ? now : known;
      sessionStorage.setItem(SINCE, String(since));
      return now - since < GIVE_UP_MS;
    } catch {
      // Without storage it would go on for ever.
      return false;
    }
  }

  window.addEventListener(
    "error",
    ({ target }) => {
      const isFile = target instanceof HTMLScriptElement || target instanceof HTMLLinkElement;
      const hasStarted = document.getElementById("root")?.hasChildNodes();
      if (isFile && !hasStarted && isWorthAnotherTry()) {
        setTimeout(() => window.location.reload(), PAUSE_MS);
      }
    },
    // Failures to load do not bubble.
    true,
  );
})();
