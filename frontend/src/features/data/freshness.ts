/** What the Data page says about each tier and view: pure. */
import { plural, t } from "@lingui/core/macro";
import type { DataFreshnessQuery } from "../../gql/graphql.ts";
import { formatInteger } from "./wizard/words.ts";

export interface Freshness {
  readonly name: string;
  /** `null` where it is not known, or was never computed. */
  readonly asOf: string | null;
  readonly state: string;
  readonly isBehind: boolean;
}

const VIEWS: Readonly<Record<string, string>> = {
  mv_customer_rfm: t`Segments of customers`,
  mv_cohorts: t`Cohorts`,
  mv_product_pairs: t`Bought together`,
  mv_product_orders: t`Orders of each product`,
  mv_customer_concentration: t`Revenue concentration`,
  mv_customer_purchases: t`Purchases for predictions`,
};

const LAG_WORTH_SAYING = 5;

export function freshnessRows(
  { asOf, fold, views }: DataFreshnessQuery["freshness"],
  lastImportAt: string | null,
): readonly Freshness[] {
  return [
    {
      name: t`Sales`,
      asOf,
      state: t`exact: every line that was recorded by then`,
      isBehind: false,
    },
    {
      name: t`Sums kept ready`,
      asOf: fold.foldedAt,
      state: foldState(fold),
      isBehind: !fold.isTrusted || fold.lagSeconds > LAG_WORTH_SAYING,
    },
    ...views.map(({ name, asOf: viewAsOf, seconds }) => {
      const isBehind = lastImportAt !== null && Date.parse(viewAsOf) < Date.parse(lastImportAt);
      const took =
        seconds < 1
          ? t`refreshed in under a second`
          : t`refreshed in ${formatInteger(Math.round(seconds))} s`;
      return {
        name: VIEWS[name] ?? name,
        asOf: viewAsOf,
        state: isBehind ? t`older than the last import` : took,
        isBehind,
      };
    }),
    ...(views.length === 0
      ? [{ name: t`Analyses`, asOf: null, state: t`never calculated`, isBehind: true }]
      : []),
  ];
}

function foldState(fold: DataFreshnessQuery["freshness"]["fold"]): string {
  if (!fold.isTrusted) return t`not trusted after a restore: figures are exact and slower`;
  if (fold.pendingLines === 0) return t`hold every line`;
  const lag =
    fold.lagSeconds < 1 ? t`under a second` : t`${formatInteger(Math.round(fold.lagSeconds))} s`;
  return plural(fold.pendingLines, {
    one: `# line behind for ${lag}; figures add it`,
    other: `# lines behind for ${lag}; figures add them`,
  });
}
