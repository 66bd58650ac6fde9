/**
 * The address bar as a store. The product has five pages and keeps everything else in the query
 * string, so this replaces a routing library.
 */
import { useSyncExternalStore } from "react";

/** Anything that shows what the address says is told about each change. */
const listeners = new Set<() => void>();

function notify(): void {
  for (const listener of listeners) listener();
}

/** Calls back at each change of the address, until the returned function is called. */
export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

/**
 * Goes to an address of this site. `replace` is for corrections that Back should not stop at.
 * An address that is already shown adds no entry to the history.
 */
export function navigate(address: string, { replace = false } = {}): void {
  if (address === window.location.pathname + window.location.search) return;
  window.history[replace ? "replaceState" : "pushState"](null, "", address);
  notify();
}

export function usePathname(): string {
  return useSyncExternalStore(subscribe, () => window.location.pathname);
}

/** The query string with its "?", or "". */
export function useSearch(): string {
  return useSyncExternalStore(subscribe, () => window.location.search);
}

/** Sets or removes (`null`) some parameters and keeps the others and their order. */
export function withParams(search: string, changes: Record<string, string | null>): string {
  const params = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) params.delete(name);
    else params.set(name, value);
  }
  // Commas and slashes separate ids and zone names; escaped they would be hard to read.
  const text = params.toString().replaceAll("%2C", ",").replaceAll("%2F", "/");
  return text === "" ? "" : `?${text}`;
}

/** Changes parameters of the current address. */
export function setParams(changes: Record<string, string | null>, options?: { replace?: boolean }) {
  const { pathname, search } = window.location;
  navigate(pathname + withParams(search, changes), options);
}

/**
 * One parameter that may have one of `allowed` values, in small letters in the address; the first
 * is the default and not written.
 */
export function useChoice<T extends string>(
  name: string,
  allowed: readonly [T, ...T[]],
): [T, (value: T) => void] {
  const written = new URLSearchParams(useSearch()).get(name);
  const value = allowed.find((candidate) => candidate.toLowerCase() === written) ?? allowed[0];
  return [value, (next) => setParams({ [name]: next === allowed[0] ? null : next.toLowerCase() })];
}
