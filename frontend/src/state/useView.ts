import { useCallback, useMemo } from "react";
import { setParams, subscribe, useSearch, withParams } from "./location.ts";
import { storedView, storeView } from "./preferences.ts";
import { formatComparison, formatRange, parseView, type View, viewParams } from "./view.ts";

/** The current view, and a way to change some of it: one history entry for each change. */
export function useView(): [View, (changes: Partial<View>) => void] {
  const search = useSearch();
  const view = useMemo(() => parseView(search, storedView()), [search]);
  const change = useCallback((changes: Partial<View>) => {
    // Reads the address at the time of the click: two changes in one tick must not undo each other.
    const next = { ...parseView(window.location.search, storedView()), ...changes };
    storeView({ range: formatRange(next.range), compare: formatComparison(next.comparison) });
    setParams(viewParams(next));
  }, []);
  return [view, change];
}

/**
 * Makes the address say the whole view, so that a copied link shows the same to somebody whose
 * last choice was another. Called once, before the first page is drawn.
 */
export function writeViewToAddress(): void {
  setParams(viewParams(parseView(window.location.search, storedView())), { replace: true });
}

/**
 * Calls back when the address comes to be about something else: another page, range, comparison
 * or filter, not merely another tab of one panel.
 */
export function onOtherView(listener: () => void): () => void {
  const subject = () => window.location.pathname + keepView(window.location.search);
  let before = subject();
  return subscribe(() => {
    const now = subject();
    if (now === before) return;
    before = now;
    listener();
  });
}

/** The query string of the view alone, without what belongs to one page. */
export function keepView(search: string): string {
  return withParams("", viewParams(parseView(search, storedView())));
}
