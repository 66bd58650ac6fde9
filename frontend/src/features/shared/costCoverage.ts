import { useQuery } from "@apollo/client/react";
import { t } from "@lingui/core/macro";
import { CostCoverageDocument, type MetricId } from "../../gql/graphql.ts";
import { type Decimal, toNumber } from "../../lib/decimal.ts";
import { formatPercent } from "../../lib/numberFormat.ts";
import { useViewVariables } from "./viewVariables.ts";

/** Metrics that have no value where no cost is known. */
export const COST_METRICS: ReadonlySet<MetricId> = new Set(["COST", "PROFIT", "MARGIN", "MARKUP"]);

export const NO_COSTS = t`No costs are known for these sales, so their profit is not known either.`;

/** Which part of the view's revenue has a known cost; `null` until it is known. */
export function useCostCoverage(): Decimal | null {
  const { period, zone, filters } = useViewVariables();
  const { data } = useQuery(CostCoverageDocument, { variables: { period, zone, filters } });
  return data?.profitability.costCoverage ?? null;
}

/** What to say of a coverage; `null` where every cost is known. */
export function coverageText(coverage: Decimal | null): string | null {
  const known = coverage === null ? 1 : toNumber(coverage);
  if (known >= 1) return null;
  if (known === 0) return t`no costs known`;
  // Rounding must not read as all or nothing.
  const percent = Math.min(Math.max(Math.round(known * 100), 1), 99);
  return t`costs known for ${formatPercent(percent / 100, 0)} of revenue; the rest counts as profit`;
}
