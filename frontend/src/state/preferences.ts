/**
 * Preferences in local storage. Where storage is forbidden or full, they are lost and everything
 * else works.
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
    // A lost preference is harmless.
  }
}

export function storedView(): StoredView {
  return { range: read("range"), compare: read("compare") };
}

export function storeView(view: { range: string; compare: string }): void {
  write("range", view.range);
  write("compare", view.compare);
}

/** Whether single characters are keyboard shortcuts; some speech software types them. */
export function areLetterKeysOn(): boolean {
  return read("letter-keys") !== "off";
}

export function storeLetterKeys(isOn: boolean): void {
  write("letter-keys", isOn ? "on" : "off");
}

export function storedTheme(): Theme {
  const theme = read("theme");
  return theme === "light" || theme === "dark" ? theme : "system";
}

export function storeTheme(theme: Theme): void {
  write("theme", theme);
}
