import { rangeDates } from "../../state/rangeDates.ts";
import { useView } from "../../state/useView.ts";
import type { DateRange } from "../../state/view.ts";
import { useReporting } from "../shared/reporting.ts";
import { calendarOf } from "../shared/useCalendar.ts";

/** Whether the view's range lies wholly before or after the sales. */
export function useIsOutsideSales(): boolean {
  const [{ range }] = useView();
  const calendar = calendarOf(useReporting());
  return calendar.sales !== null && areApart(rangeDates(range, calendar), calendar.sales);
}

export function areApart(range: DateRange, sales: DateRange): boolean {
  return range.to < sales.from || sales.to < range.from;
}
