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
 * What a key changes; `null` for keys that are not the page's. Esc clears only what is `filtered`:
 * where a page shows no filters, nobody sees them go.
 */
export function shortcut(key: string, view: View, filtered: boolean): Partial<View> | null {
  const range = RANGE_KEYS[key.toLowerCase()];
  if (range !== undefined) return { range };
  if (key.toLowerCase() === "x") {
    const to = view.comparison.to === "off" ? "previous" : "off";
    return { comparison: { ...view.comparison, to } };
  }
  if (key === "Escape" && filtered && hasFilters(view.filters)) return { filters: NO_FILTERS };
  return null;
}

/** Keys with a modifier belong to the browser, and keys in a field to its text. */
function isForPage(event: KeyboardEvent): boolean {
  if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return false;
  const target = event.target;
  return !(
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(?:INPUT|SELECT|TEXTAREA)$/.test(target.tagName))
  );
}

/**
 * Listens for the page's keys: D W M Y for ranges, X for the comparison, and Esc for the filters
 * where the page is filtered.
 */
export function useShortcuts(filtered: boolean): void {
  const [view, change] = useView();
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      const changes = isForPage(event) ? shortcut(event.key, view, filtered) : null;
      if (changes !== null) change(changes);
    }
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [view, change, filtered]);
}
