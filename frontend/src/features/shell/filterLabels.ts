/**
 * What the ids of the address are called. Labels that the page has shown are remembered; a link
 * that somebody sent brings ids alone, whose labels are then asked for.
 */
import { skipToken, useQuery } from "@apollo/client/react";
import { useEffect, useSyncExternalStore } from "react";
import { type Dimension, FilterOptionsDocument } from "../../gql/graphql.ts";
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

/** How many options a look-up brings; the API gives no more at once. */
const LOOK_UP = 100;

/** The labels of some ids of one dimension; an id stands for itself until its label is known. */
export function useFilterLabels(
  name: FilterName,
  ids: readonly string[],
): readonly { id: string; label: string }[] {
  useSyncExternalStore(subscribe, () => version);
  const isKnown = ids.every((id) => labels.has(id));
  const { data } = useQuery(
    FilterOptionsDocument,
    isKnown
      ? skipToken
      : { variables: { dimension: DIMENSION_OF[name], search: null, first: LOOK_UP } },
  );
  useEffect(() => {
    if (data) rememberLabels(data.filterOptions.nodes);
  }, [data]);
  return ids.map((id) => ({ id, label: labels.get(id) ?? "…" }));
}
