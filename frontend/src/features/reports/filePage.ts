/** The page of a path that the server makes files of; `null` on the page of one entity. */
export function filePage(pathname: string): string | null {
  const [, base = "", ...rest] = pathname.split("/");
  const hasMore = rest.some((part) => part !== "");
  const pages = ["products", "customers", "reps", "orders", "profitability"];
  if (base === "") return "overview";
  return pages.includes(base) && !hasMore ? base : null;
}
