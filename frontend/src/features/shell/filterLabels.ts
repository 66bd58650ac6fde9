/**
 * What the ids of the address are called. Labels that the page has shown are remembered; a link
 * that somebody sent brings ids alone, whose labels are then asked for.
 */
import { skipToken, useQuery } from "@apollo/client/react";
import { useEffect, useSyncExternalStore } from "react";
import { type Dimension, EntityNameDocument, FilterOptionsDocument } from "../../gql/graphql.ts";
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

/** Dimensions whose members the API knows by id; the others are few enough to list. */
const ENTITIES: readonly FilterName[] = ["category", "product", "rep"];
/** How many options a look-up brings; the API gives no more at once. */
const LOOK_UP = 100;

/** What one id of a dimension is called; "…" until that is known. */
export function useFilterLabel(name: FilterName, id: string): string {
  useSyncExternalStore(subscribe, () => version);
  const known = labels.get(id);
  const isEntity = ENTITIES.includes(name);
  const entity = useQuery(
    EntityNameDocument,
    known === undefined && isEntity ? { variables: { id } } : skipToken,
  ).data?.node;
  const options = useQuery(
    FilterOptionsDocument,
    known === undefined && !isEntity
      ? { variables: { dimension: DIMENSION_OF[name], search: null, first: LOOK_UP } }
      : skipToken,
  ).data?.filterOptions.nodes;
  useEffect(() => {
    if (entity && "name" in entity) rememberLabels([{ id, label: entity.name }]);
    if (options) rememberLabels(options);
  }, [id, entity, options]);
  return known ?? "…";
}
