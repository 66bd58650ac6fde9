import type { MetricId } from "../../gql/graphql.ts";

/** The tiles, in order; as the API calls them. */
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
