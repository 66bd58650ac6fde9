/** Light, dark or the system's theme; `public/theme.js` applies it before the first paint. */
import { useSyncExternalStore } from "react";
import { storedTheme, storeTheme, type Theme } from "./preferences.ts";

/** Whether the page is drawn for paper, which is white. */
let isForPaper = false;

const listeners = new Set<() => void>();
const system = window.matchMedia?.("(prefers-color-scheme: dark)");

function resolve(theme: Theme): "light" | "dark" {
  if (isForPaper) return "light";
  if (theme !== "system") return theme;
  return system?.matches ? "dark" : "light";
}

function apply(): void {
  document.documentElement.dataset.theme = resolve(storedTheme());
  for (const listener of listeners) listener();
}

system?.addEventListener("change", apply);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function setTheme(theme: Theme): void {
  storeTheme(theme);
  apply();
}

/** Draws the page for paper, or for the screen again. */
export function drawForPaper(isOn: boolean): void {
  isForPaper = isOn;
  apply();
}

/** The preference, and the theme that results from it. */
export function useTheme(): { theme: Theme; resolvedTheme: "light" | "dark" } {
  const theme = useSyncExternalStore(subscribe, storedTheme);
  const resolvedTheme = useSyncExternalStore(subscribe, () => resolve(storedTheme()));
  return { theme, resolvedTheme };
}
