import { type Filters, NO_FILTERS } from "../../state/view.ts";
import { useViewVariables } from "../shared/viewVariables.ts";

/** The filter that selects the entity of a detail page. */
export type EntityFilter = "product" | "customer" | "rep";

/** The filters of what is behind a figure of one entity: it alone. */
export function entityFilters(filter: EntityFilter, id: string): Filters {
  return { ...NO_FILTERS, [filter]: [id] };
}

/** The `sales` field of a node; products, customers and reps have it. */
export function salesOf<Sales>(
  node: { readonly sales?: Sales } | Record<string, never> | null | undefined,
): Sales | undefined {
  return node && "sales" in node ? node.sales : undefined;
}

/** The variables of a detail page, which ignores the filters. */
export function useEntityVariables() {
  const { period, comparison, zone } = useViewVariables();
  return { period, comparison, zone };
}
