import { createContext, useContext } from "react";
import type { MetricId, ShellQuery } from "../../gql/graphql.ts";
import type { Instant, Span } from "../../lib/dates.ts";
import type { NumberStyle, Unit } from "../../lib/numberFormat.ts";

/** A metric as the API's registry defines it. */
type MetricDefinition = ShellQuery["metrics"][number];

/** What all panels know about the dashboard that they belong to. */
export interface Reporting {
  readonly currency: string;
  /** The time zone that the page shows. */
  readonly zone: string;
  /** The dashboard's own time zone. */
  readonly reportingZone: string;
  /** From the first sale to just after the last; `null` while there are no sales. */
  readonly sales: Span | null;
  /** When an import last changed sales; `null` if none has. */
  readonly lastImportAt: Instant | null;
  /** ISO weekday that a week begins with, 1 = Monday. */
  readonly weekStart: number;
  readonly metrics: ReadonlyMap<MetricId, MetricDefinition>;
}

export const ReportingContext = createContext<Reporting | null>(null);

export function useReporting(): Reporting {
  const reporting = useContext(ReportingContext);
  if (reporting === null) throw new Error("useReporting needs a ReportingContext around it.");
  return reporting;
}

/** How a metric is named and formatted. */
export interface Metric {
  readonly metric: MetricId;
  readonly title: string;
  readonly definition: string;
  readonly style: NumberStyle;
}

/** Looks metrics up in the registry. */
export function useMetric(): (metric: MetricId) => Metric {
  const { metrics, currency } = useReporting();
  return (metric) => {
    const definition = metrics.get(metric);
    const unit = (definition?.unit ?? "COUNT").toLowerCase() as Unit;
    return {
      metric,
      title: definition?.title ?? metric,
      definition: definition?.definition ?? "",
      style: { unit, currency },
    };
  };
}
