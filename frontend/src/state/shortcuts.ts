import { useEffect } from "react";
import { useView } from "./useView.ts";
import { hasFilters, NO_FILTERS, type Preset, type View } from "./view.ts";

export const RANGE_KEYS: Readonly<Record<string, Preset>> = {
  d: "today",
  w: "7d",
  m: "28d",
  y: "12m",
};

/**
 * The change that a key makes; `null` for other keys. Esc clears the filters only on pages that
 * show them (`hasFilterBar`).
 */
export function shortcut(key: string, view: View, hasFilterBar: boolean): Partial<View> | null {
  const range = RANGE_KEYS[key.toLowerCase()];
  if (range !== undefined) return { range };
  if (key.toLowerCase() === "x") {
    const to = view.comparison.to === "off" ? "previous" : "off";
    return { comparison: { ...view.comparison, to } };
  }
  if (key === "Escape" && hasFilterBar && hasFilters(view.filters)) return { filters: NO_FILTERS };
  return null;
}

/** Keys with a modifier are for the browser, keys in a field are text. */
function isForPage(event: KeyboardEvent): boolean {
  if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return false;
  const target = event.target;
  return !(
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(?:INPUT|SELECT|TEXTAREA)$/.test(target.tagName))
  );
}

/**
 * Handles keyboard shortcuts: D W M Y for ranges, X for the comparison, and Esc for the filters on
 * pages that show them.
 */
export function useShortcuts(hasFilterBar: boolean): void {
  const [view, change] = useView();
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      const changes = isForPage(event) ? shortcut(event.key, view, hasFilterBar) : null;
      if (changes !== null) change(changes);
    }
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [view, change, hasFilterBar]);
}
