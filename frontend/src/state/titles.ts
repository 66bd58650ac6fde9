/** Display names of ranges, comparisons, filters and granularities. */
import { t } from "@lingui/core/macro";
import { formatCalendarDate, type Granularity } from "../lib/dates.ts";
import type { COMPARISONS, ComparisonChoice, FilterName, Preset, RangeChoice } from "./view.ts";

export const PRESET_TITLES: Readonly<Record<Preset, string>> = {
  today: t`Today`,
  yesterday: t`Yesterday`,
  "7d": t`Last 7 days`,
  "28d": t`Last 28 days`,
  "91d": t`Last 91 days`,
  "12m": t`Last 12 months`,
  wtd: t`Week to date`,
  "last-week": t`Last week`,
  mtd: t`Month to date`,
  "last-month": t`Last month`,
  qtd: t`Quarter to date`,
  "last-quarter": t`Last quarter`,
  ytd: t`Year to date`,
  "last-year": t`Last year`,
  all: t`All time`,
};

export const COMPARISON_TITLES: Readonly<Record<(typeof COMPARISONS)[number], string>> = {
  previous: t`Previous period`,
  year: t`Year before`,
  off: t`No comparison`,
};

export const FILTER_TITLES: Readonly<Record<FilterName, string>> = {
  category: t`Category`,
  product: t`Product`,
  customer: t`Customer`,
  segment: t`Segment`,
  rep: t`Rep`,
  region: t`Region`,
  channel: t`Channel`,
};

export const GRANULARITY_TITLES: Readonly<Record<Granularity, string>> = {
  HOUR: t`Hour`,
  DAY: t`Day`,
  WEEK: t`Week`,
  MONTH: t`Month`,
  QUARTER: t`Quarter`,
  YEAR: t`Year`,
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
      return t`No comparison`;
    case "previous":
      return matchWeekdays ? t`vs. previous period` : t`vs. previous period (dates)`;
    case "year":
      return matchWeekdays ? t`vs. year before` : t`vs. year before (dates)`;
  }
}
