/**
 * What the ids of the address are called. Labels that the page has shown are remembered; a link
 * that somebody sent brings ids alone, whose labels are then asked for.
 */
import { skipToken, useQuery } from "@apollo/client/react";
import { useEffect, useSyncExternalStore } from "react";
import { type Dimension, FilterNamesDocument } from "../../gql/graphql.ts";
import type { FilterName } from "../../state/view.ts";

export const DIMENSION_OF: Readonly<Record<FilterName, Dimension>> = {
  category: "CATEGORY",
  product: "PRODUCT",
  segment: "SEGMENT",
  rep: "REP",
  region: "REGION",
  channel: "CHANNEL",
};

const labels = new Map<string, string>();
const listeners = new Set<() => void>();
let version = 0;

export function rememberLabels(options: readonly { id: string; label: string }[]): void {
  const news = options.filter(({ id, label }) => labels.get(id) !== label);
  if (news.length === 0) return;
  for (const { id, label } of news) labels.set(id, label);
  version += 1;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What one id of a dimension is called; "…" until that is known, the id where nothing is. */
export function useFilterLabel(name: FilterName, id: string): string {
  useSyncExternalStore(subscribe, () => version);
  const known = labels.get(id);
  const { data } = useQuery(
    FilterNamesDocument,
    known === undefined ? { variables: { dimension: DIMENSION_OF[name], ids: [id] } } : skipToken,
  );
  const options = data?.filterOptions.nodes;
  useEffect(() => {
    if (options) rememberLabels(options);
  }, [options]);
  return known ?? (options?.length === 0 ? id : "…");
}
