import { useAreaVariables } from "../shared/variables.ts";

/** The sales of a node that has some: products, customers and reps do, under one name. */
export function salesOf<Sales>(
  node: { readonly sales?: Sales } | Record<string, never> | null | undefined,
): Sales | undefined {
  return node && "sales" in node ? node.sales : undefined;
}

/** What the sales of one member take: filters narrow lists, never a member's own page. */
export function useEntityVariables() {
  const { period, comparison, zone } = useAreaVariables();
  return { period, comparison, zone };
}
