/**
 * The dimension and the labels behind the filter ids in the URL. Labels that the page has shown are
 * kept; a shared link holds ids alone, and their labels are queried.
 */

import { skipToken, useQuery } from "@apollo/client/react";
import { useEffect, useSyncExternalStore } from "react";
import { type Dimension, FilterNamesDocument } from "../../gql/graphql.ts";
import { FILTERS, type FilterName } from "../../state/view.ts";
import { memberLabel } from "./memberLabel.ts";

export const DIMENSION_OF: Readonly<Record<FilterName, Dimension>> = {
  category: "CATEGORY",
  product: "PRODUCT",
  customer: "CUSTOMER",
  segment: "SEGMENT",
  rep: "REP",
  region: "REGION",
  channel: "CHANNEL",
};

/** The filter of a dimension. */
export function filterOf(dimension: Dimension): FilterName {
  return FILTER_OF[dimension];
}

const FILTER_OF = Object.fromEntries(FILTERS.map((name) => [DIMENSION_OF[name], name])) as Readonly<
  Record<Dimension, FilterName>
>;

const labels = new Map<string, string>();
const listeners = new Set<() => void>();
let version = 0;

export function rememberLabels(options: readonly { id: string; label: string }[]): void {
  const changed = options.filter(({ id, label }) => labels.get(id) !== label);
  if (changed.length === 0) return;
  for (const { id, label } of changed) labels.set(id, label);
  version += 1;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The label of an id as far as the page has shown it; else the id. */
export function filterLabel(id: string): string {
  return labels.get(id) ?? id;
}

/** The label of an id; "…" while it is loading, the id itself where it has none. */
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
  const label = known ?? (options?.length === 0 ? id : "…");
  return memberLabel(DIMENSION_OF[name], { id, label });
}
