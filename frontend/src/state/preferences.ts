/**
 * What this browser remembers. Storage can be forbidden or full; the product then forgets, and
 * nothing else changes.
 */
import type { StoredView } from "./view.ts";

export type Theme = "system" | "light" | "dark";

const PREFIX = "shopx.";

function read(name: string): string | undefined {
  try {
    return window.localStorage.getItem(PREFIX + name) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(name: string, value: string): void {
  try {
    window.localStorage.setItem(PREFIX + name, value);
  } catch {
    // Forgetting a preference is harmless.
  }
}

export function storedView(): StoredView {
  return { range: read("range"), compare: read("compare") };
}

export function storeView(view: { range: string; compare: string }): void {
  write("range", view.range);
  write("compare", view.compare);
}

export function storedTheme(): Theme {
  const theme = read("theme");
  return theme === "light" || theme === "dark" ? theme : "system";
}

export function storeTheme(theme: Theme): void {
  write("theme", theme);
}
