/** What the Data page says about what sales lack: pure. */
import type { DataQualityQuery } from "../../gql/graphql.ts";
import { toNumber } from "../../lib/decimal.ts";
import {
  formatCount,
  formatExact,
  formatPercent,
  type NumberStyle,
} from "../../lib/numberFormat.ts";

export interface Quality {
  readonly what: string;
  readonly share: string;
  readonly effect: string;
}

const UNKNOWN = "not known";

export function qualityRows(
  data: DataQualityQuery,
  lacksRates: boolean,
  style: NumberStyle,
): readonly Quality[] {
  const total = figureOf(data.all, "REVENUE");
  return [
    {
      what: "No cost",
      share: costless(data.profitability.costCoverage),
      effect: "Profit and margin are of the rest",
    },
    {
      what: "No customer",
      share: lacking(data.noCustomer, total, style),
      effect: "Not in segments, cohorts and predictions",
    },
    {
      what: "No sales rep",
      share: lacking(data.noRep, total, style),
      effect: "Not in the leaderboard",
    },
    {
      what: "No exchange rate",
      share: lacksRates ? "see above" : "none",
      effect: lacksRates ? "Left out of every figure until there is a rate" : "–",
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
  return part <= 0 ? "none" : part < 0.001 ? "under 0.1%" : formatPercent(part);
}

function lacking(figures: Figures, total: string | null, style: NumberStyle): string {
  const orders = figureOf(figures, "ORDERS");
  const revenue = figureOf(figures, "REVENUE");
  if (orders === null || revenue === null || total === null) return UNKNOWN;
  const count = toNumber(orders);
  if (count === 0 && toNumber(revenue) === 0) return "none";
  const all = toNumber(total);
  const share = all > 0 ? ` (${formatPercent(toNumber(revenue) / all)})` : "";
  return `${formatExact(revenue, style)}${share}, ${formatCount(count, "order")}`;
}
