import type { Dimension } from "../../gql/graphql.ts";

/** Where the pages of single members are, by the dimension they belong to. */
const PARENTS = { PRODUCT: "/products", CUSTOMER: "/customers", REP: "/reps" } as const;

export type EntityDimension = keyof typeof PARENTS;

/** The address of one member's page. */
export function entityPath(dimension: EntityDimension, id: string): string {
  return `${PARENTS[dimension]}/${encodeURIComponent(id)}`;
}

/** The same, where a dimension's members may have no pages: `null` then. */
export function pageOf(dimension: Dimension, id: string): string | null {
  return Object.hasOwn(PARENTS, dimension) ? entityPath(dimension as EntityDimension, id) : null;
}
