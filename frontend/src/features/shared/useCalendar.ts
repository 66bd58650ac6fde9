import type { Granularity } from "../../gql/graphql.ts";
import { todayIn } from "../../lib/dates.ts";
import { comparisonStart, rangeDates, suits } from "../../state/rangeDates.ts";
import { useView } from "../../state/useView.ts";
import { type Reporting, useReporting } from "./reporting.ts";

/** The calendar that resolves ranges. */
export function calendarOf({ zone, weekStart, sales }: Reporting) {
  return {
    today: todayIn(zone, new Date()),
    weekStart,
    sales: sales && {
      from: todayIn(zone, new Date(sales.start)),
      // The span ends just after the last sale.
      to: todayIn(zone, new Date(Date.parse(sales.end) - 1)),
    },
  };
}

/** The selected granularity; `null`, for that of the API, where it does not suit the range. */
export function useGranularity(): Granularity | null {
  const [{ range, granularity }] = useView();
  const calendar = calendarOf(useReporting());
  if (granularity === null) return null;
  return suits(granularity, rangeDates(range, calendar)) ? granularity : null;
}

/**
 * The day of the first sale, where the compared period begins before it: a change against so short
 * a period would mislead. `null` where the comparison is complete.
 */
export function useSalesBegan(): string | null {
  const [{ range, comparison }] = useView();
  const calendar = calendarOf(useReporting());
  const start = comparisonStart(range, comparison, calendar);
  if (start === null || calendar.sales === null) return null;
  return start < calendar.sales.from ? calendar.sales.from : null;
}
