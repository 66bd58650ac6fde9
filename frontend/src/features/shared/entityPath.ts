import type { Dimension } from "../../gql/graphql.ts";

/** The list pages above the detail pages, by dimension. */
const LIST_PATHS = { PRODUCT: "/products", CUSTOMER: "/customers", REP: "/reps" } as const;

export type EntityDimension = keyof typeof LIST_PATHS;

/** The path of an order's page. */
export function orderPath(id: string): string {
  return `/orders/${encodeURIComponent(id)}`;
}

/** The path of the detail page of a product, customer or rep. */
export function entityPath(dimension: EntityDimension, id: string): string {
  return `${LIST_PATHS[dimension]}/${encodeURIComponent(id)}`;
}

/** The same for any dimension; `null` for those without detail pages. */
export function entityPathOrNull(dimension: Dimension, id: string): string | null {
  return Object.hasOwn(LIST_PATHS, dimension) ? entityPath(dimension as EntityDimension, id) : null;
}
