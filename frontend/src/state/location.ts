/**
 * The URL as a store. The dashboard has five pages and keeps everything else in the query string,
 * so this replaces a routing library.
 */
import { useSyncExternalStore } from "react";
import { onHost, withinDashboard } from "../lib/basePath.ts";

const listeners = new Set<() => void>();

function notify(): void {
  for (const listener of listeners) listener();
}

/** Calls back at each change of the URL, until the returned function is called. */
export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

/** The path within the dashboard. */
export function currentPath(): string {
  return withinDashboard(window.location.pathname);
}

/**
 * Goes to a URL of the dashboard, given as path and query string. `replace` is for corrections that
 * Back should skip. The current URL adds no history entry.
 */
export function navigate(url: string, { replace = false } = {}): void {
  const target = onHost(url);
  if (target === window.location.pathname + window.location.search) return;
  window.history[replace ? "replaceState" : "pushState"](null, "", target);
  notify();
}

/** Whether a path is that of one product, customer, rep or order. */
export function isDetailPath(path: string): boolean {
  return /^\/[^/]+\/[^/]+/.test(path);
}

export function usePathname(): string {
  return useSyncExternalStore(subscribe, currentPath);
}

/** The query string with its "?", or "". */
export function useSearch(): string {
  return useSyncExternalStore(subscribe, () => window.location.search);
}

/** Sets or removes (`null`) parameters and keeps the others in their order. */
export function withParams(search: string, changes: Record<string, string | null>): string {
  const params = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) params.delete(name);
    else params.set(name, value);
  }
  // Commas and slashes separate ids and zone names; they are easier to read unescaped.
  const text = params.toString().replaceAll("%2C", ",").replaceAll("%2F", "/");
  return text === "" ? "" : `?${text}`;
}

/** Changes parameters of the current URL. */
export function setParams(changes: Record<string, string | null>, options?: { replace?: boolean }) {
  navigate(currentPath() + withParams(window.location.search, changes), options);
}

/**
 * A query parameter with one of the `allowed` values, in lower case in the URL. The first is the
 * default and left out of the URL.
 */
export function useEnumParam<T extends string>(
  name: string,
  allowed: readonly [T, ...T[]],
): [T, (value: T) => void] {
  const written = new URLSearchParams(useSearch()).get(name);
  const value = allowed.find((candidate) => candidate.toLowerCase() === written) ?? allowed[0];
  return [value, (next) => setParams({ [name]: next === allowed[0] ? null : next.toLowerCase() })];
}
