/** Display names of ranges, comparisons, filters and granularities. */
import { formatCalendarDate, type Granularity } from "../lib/dates.ts";
import type { COMPARISONS, ComparisonChoice, FilterName, Preset, RangeChoice } from "./view.ts";

export const PRESET_TITLES: Readonly<Record<Preset, string>> = {
  today: "Today",
  yesterday: "Yesterday",
  "7d": "Last 7 days",
  "28d": "Last 28 days",
  "91d": "Last 91 days",
  "12m": "Last 12 months",
  wtd: "Week to date",
  "last-week": "Last week",
  mtd: "Month to date",
  "last-month": "Last month",
  qtd: "Quarter to date",
  "last-quarter": "Last quarter",
  ytd: "Year to date",
  "last-year": "Last year",
  all: "All time",
};

export const COMPARISON_TITLES: Readonly<Record<(typeof COMPARISONS)[number], string>> = {
  previous: "Previous period",
  year: "Year before",
  off: "No comparison",
};

export const FILTER_TITLES: Readonly<Record<FilterName, string>> = {
  category: "Category",
  product: "Product",
  customer: "Customer",
  segment: "Segment",
  rep: "Rep",
  region: "Region",
  channel: "Channel",
};

export const GRANULARITY_TITLES: Readonly<Record<Granularity, string>> = {
  HOUR: "Hour",
  DAY: "Day",
  WEEK: "Week",
  MONTH: "Month",
  QUARTER: "Quarter",
  YEAR: "Year",
};

export function rangeTitle(range: RangeChoice): string {
  if (typeof range === "string") return PRESET_TITLES[range];
  return range.from === range.to
    ? formatCalendarDate(range.from)
    : `${formatCalendarDate(range.from)} – ${formatCalendarDate(range.to)}`;
}

export function comparisonTitle({ to, matchWeekdays }: ComparisonChoice): string {
  if (typeof to !== "string") return `vs. ${rangeTitle(to)}`;
  switch (to) {
    case "off":
      return "No comparison";
    case "previous":
      return matchWeekdays ? "vs. previous period" : "vs. previous period (dates)";
    case "year":
      return matchWeekdays ? "vs. year before" : "vs. year before (dates)";
  }
}
