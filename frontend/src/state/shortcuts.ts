import { useEffect } from "react";
import { areLetterKeysOn } from "./preferences.ts";
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

/** What a key opens; `null` for other keys. */
function opened(key: string): "commands" | "keys" | null {
  if (key === "?") return "keys";
  return key === "/" ? "commands" : null;
}

/** The key of the commands, which acts in fields too. */
function isCommandKey({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean {
  return key.toLowerCase() === "k" && (ctrlKey || metaKey) && !altKey && !shiftKey;
}

/** Keys with a modifier are for the browser, keys in a field are text, a dialog has its own. */
function isForPage(event: KeyboardEvent): boolean {
  if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return false;
  if (document.querySelector("dialog[open]") !== null) return false;
  const target = event.target;
  return !(
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(?:INPUT|SELECT|TEXTAREA)$/.test(target.tagName))
  );
}

/**
 * Handles keyboard shortcuts: D W M Y for ranges, X for the comparison, Esc for the filters on pages
 * that show them, and what opens dialogs. Single characters can be switched off.
 */
export function useShortcuts(
  hasFilterBar: boolean,
  onOpen: (name: "commands" | "keys") => void,
): void {
  const [view, change] = useView();
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if (isCommandKey(event)) {
        // Some browsers search the web then.
        event.preventDefault();
        onOpen("commands");
        return;
      }
      if (!isForPage(event) || (event.key.length === 1 && !areLetterKeysOn())) return;
      const dialog = opened(event.key);
      if (dialog !== null) {
        // The character would be typed into the dialog.
        event.preventDefault();
        onOpen(dialog);
        return;
      }
      const changes = shortcut(event.key, view, hasFilterBar);
      if (changes !== null) change(changes);
    }
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [view, change, hasFilterBar, onOpen]);
}
