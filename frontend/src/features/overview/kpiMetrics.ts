import type { MetricId } from "../../gql/graphql.ts";

/** The metrics of the tiles, in order. */
export const KPI_METRICS = [
  "REVENUE",
  "PROFIT",
  "MARGIN",
  "ORDERS",
  "AVERAGE_ORDER_VALUE",
  "UNITS",
  "CUSTOMERS",
  "RETURN_RATE",
] as const satisfies readonly MetricId[];

export type KpiMetric = (typeof KPI_METRICS)[number];
