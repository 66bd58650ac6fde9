/** What the Data page says about each tier and view: pure. */
import type { DataFreshnessQuery } from "../../gql/graphql.ts";
import { formatCount } from "../../lib/numberFormat.ts";
import { formatInteger } from "./wizard/words.ts";

export interface Freshness {
  readonly name: string;
  /** `null` where it is not known, or was never computed. */
  readonly asOf: string | null;
  readonly state: string;
  readonly isBehind: boolean;
}

const VIEWS: Readonly<Record<string, string>> = {
  mv_customer_rfm: "Segments of customers",
  mv_cohorts: "Cohorts",
  mv_product_pairs: "Bought together",
  mv_product_orders: "Orders of each product",
  mv_customer_concentration: "Revenue concentration",
  mv_customer_purchases: "Purchases for predictions",
};

const LAG_WORTH_SAYING = 5;

export function freshnessRows(
  { asOf, fold, views }: DataFreshnessQuery["freshness"],
  lastImportAt: string | null,
): readonly Freshness[] {
  return [
    { name: "Sales", asOf, state: "exact: every line that was recorded by then", isBehind: false },
    {
      name: "Rollups",
      asOf: fold.foldedAt,
      state: foldState(fold),
      isBehind: !fold.isTrusted || fold.lagSeconds > LAG_WORTH_SAYING,
    },
    ...views.map(({ name, asOf: viewAsOf, seconds }) => {
      const isBehind = lastImportAt !== null && Date.parse(viewAsOf) < Date.parse(lastImportAt);
      const took = `refreshed in ${seconds < 1 ? "under a second" : `${Math.round(seconds)} s`}`;
      return {
        name: VIEWS[name] ?? name,
        asOf: viewAsOf,
        state: isBehind ? "computed before the last import" : took,
        isBehind,
      };
    }),
    ...(views.length === 0
      ? [{ name: "Analyses", asOf: null, state: "never computed", isBehind: true }]
      : []),
  ];
}

function foldState(fold: DataFreshnessQuery["freshness"]["fold"]): string {
  if (!fold.isTrusted) return "not trusted after a restore: figures are exact and slower";
  if (fold.pendingLines === 0) return "hold every line";
  const lag =
    fold.lagSeconds < 1 ? "under a second" : `${formatInteger(Math.round(fold.lagSeconds))} s`;
  return `${formatCount(fold.pendingLines, "line")} behind for ${lag}; figures add them`;
}
