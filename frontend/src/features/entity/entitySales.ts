import { useViewVariables } from "../shared/viewVariables.ts";

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
