/** What the Data page says about what sales lack: pure. */
import { plural, t } from "@lingui/core/macro";
import type { DataQualityQuery } from "../../gql/graphql.ts";
import { toNumber } from "../../lib/decimal.ts";
import { formatExact, formatPercent, type NumberStyle } from "../../lib/numberFormat.ts";

export interface Quality {
  readonly what: string;
  readonly share: string;
  readonly effect: string;
}

const UNKNOWN = t`not known`;
const NONE = t({ message: "none", context: "nothing is lacking" });

export function qualityRows(
  data: DataQualityQuery,
  lacksRates: boolean,
  style: NumberStyle,
): readonly Quality[] {
  const total = figureOf(data.all, "REVENUE");
  return [
    {
      what: t`No cost`,
      share: costless(data.profitability.costCoverage),
      effect: t`Profit and margin are of the rest`,
    },
    {
      what: t`No customer`,
      share: lacking(data.noCustomer, total, style),
      effect: t`Not in segments, cohorts and predictions`,
    },
    {
      what: t`No sales rep`,
      share: lacking(data.noRep, total, style),
      effect: t`Not in the leaderboard`,
    },
    {
      what: t`No exchange rate`,
      share: lacksRates ? t`see above` : NONE,
      effect: lacksRates ? t`Left out of every figure until there is a rate` : "–",
    },
  ];
}

type Figures = DataQualityQuery["all"];

function figureOf({ kpis }: Figures, metric: string): string | null {
  return kpis.find((one) => one.metric === metric)?.value ?? null;
}

/** The coverage is `null` where no cost or no revenue is known. */
function costless(coverage: string | null): string {
  if (coverage === null) return UNKNOWN;
  const part = 1 - toNumber(coverage);
  return part <= 0 ? NONE : part < 0.001 ? t`under 0.1%` : formatPercent(part);
}

function lacking(figures: Figures, total: string | null, style: NumberStyle): string {
  const orders = figureOf(figures, "ORDERS");
  const revenue = figureOf(figures, "REVENUE");
  if (orders === null || revenue === null || total === null) return UNKNOWN;
  const count = toNumber(orders);
  if (count === 0 && toNumber(revenue) === 0) return NONE;
  const all = toNumber(total);
  const share = all > 0 ? ` (${formatPercent(toNumber(revenue) / all)})` : "";
  const amount = `${formatExact(revenue, style)}${share}`;
  return plural(count, { one: `${amount}, # order`, other: `${amount}, # orders` });
}
