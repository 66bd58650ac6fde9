import { createContext, useContext } from "react";
import type { MetricId, ShellQuery } from "../../gql/graphql.ts";
import type { Span } from "../../lib/dates.ts";
import type { NumberStyle, Unit } from "../../lib/number.ts";

/** A metric as the registry of the API defines it. */
type MetricInfo = ShellQuery["metrics"][number];

/** What every panel needs to know about the product it belongs to. */
export interface Reporting {
  readonly currency: string;
  /** The zone whose days and hours the page shows. */
  readonly zone: string;
  /** The zone the product reports in. */
  readonly reportingZone: string;
  /** From the first sale to just after the last; `null` while there is none. */
  readonly sales: Span | null;
  /** ISO weekday that a week begins with, 1 = Monday. */
  readonly weekStart: number;
  readonly metrics: ReadonlyMap<MetricId, MetricInfo>;
}

export const ReportingContext = createContext<Reporting | null>(null);

export function useReporting(): Reporting {
  const reporting = useContext(ReportingContext);
  if (reporting === null) throw new Error("A panel was drawn outside of the page's shell.");
  return reporting;
}

/** How to write a metric's values. */
export function useMetricStyle(): (metric: MetricId) => NumberStyle {
  const { metrics, currency } = useReporting();
  return (metric) => ({
    unit: (metrics.get(metric)?.unit ?? "COUNT").toLowerCase() as Unit,
    currency,
  });
}

export function useMetricTitle(): (metric: MetricId) => string {
  const { metrics } = useReporting();
  return (metric) => metrics.get(metric)?.title ?? metric;
}
