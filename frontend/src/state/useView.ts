import { useCallback, useMemo } from "react";
import { setParams, subscribe, useSearch, withParams } from "./location.ts";
import { storedView, storeView } from "./preferences.ts";
import {
  formatComparison,
  formatRange,
  parseView,
  type Unreadable,
  unreadable,
  type View,
  viewParams,
} from "./view.ts";

/** The current view and its setter; each change adds one history entry. */
export function useView(): [View, (changes: Partial<View>) => void] {
  const search = useSearch();
  const view = useMemo(() => parseView(search, storedView()), [search]);
  const change = useCallback((changes: Partial<View>) => {
    // Reads the current URL: two changes in one tick must not undo each other.
    const next = { ...parseView(window.location.search, storedView()), ...changes };
    storeView({ range: formatRange(next.range), compare: formatComparison(next.comparison) });
    setParams(viewParams(next));
  }, []);
  return [view, change];
}

/**
 * Writes the whole view to the URL, so that a copied link shows the same to users with other stored
 * preferences. Called once, before the first render. Returns what the URL asked for in vain.
 */
export function writeViewToUrl(): readonly Unreadable[] {
  const ignored = unreadable(window.location.search);
  setParams(viewParams(parseView(window.location.search, storedView())), { replace: true });
  return ignored;
}

/**
 * Calls back when the URL shows another page, range, comparison or filter, but not when only a
 * panel's own parameter changes.
 */
export function onViewChange(listener: () => void): () => void {
  const current = () => window.location.pathname + viewSearch(window.location.search);
  let before = current();
  return subscribe(() => {
    const now = current();
    if (now === before) return;
    before = now;
    listener();
  });
}

/** The view's part of a query string, changed, without the parameters of panels. */
export function viewSearch(search: string, changes: Partial<View> = {}): string {
  return withParams("", viewParams({ ...parseView(search, storedView()), ...changes }));
}
