import { setParams, useSearch } from "./location.ts";

/** A query parameter with any text; `null` is left out of the URL. */
export function useTextParam(name: string): [string | null, (value: string | null) => void] {
  const value = new URLSearchParams(useSearch()).get(name);
  return [value, (next) => setParams({ [name]: next })];
}
