import { serverText } from "#i18n";
import type { Dimension } from "../../gql/graphql.ts";

interface Member {
  readonly id: string;
  readonly label: string;
  /** Stands for sales without a member of the dimension. */
  readonly isNone?: boolean;
}

/** What a member of a dimension is called: its own name, but segments and "none" by their ids. */
export function memberLabel(dimension: Dimension, { id, label, isNone = false }: Member): string {
  if (isNone) return serverText(`none.${dimension}`, label);
  return dimension === "SEGMENT" ? serverText(`segment.${id.toUpperCase()}`, label) : label;
}
