import type { ChartModel } from "../../charts/model.ts";
import type { OverviewForecastQuery } from "../../gql/graphql.ts";
import { formatBucketLong, formatBucketShort } from "../../lib/dates.ts";
import { type Decimal, toNumber } from "../../lib/decimal.ts";
import {
  formatCompact,
  formatExact,
  formatPercent,
  type NumberStyle,
} from "../../lib/numberFormat.ts";
import type { Metric } from "../shared/reporting.ts";

export type Forecast = OverviewForecastQuery["sales"]["forecast"];

/** The last weeks and the days ahead, with the interval as an area and unusual days marked. */
export function forecastModel(
  forecast: Forecast,
  { title, definition, style }: Omit<Metric, "metric">,
  zone: string,
): ChartModel {
  const { buckets, values, expected, low, high, state } = forecast;
  const unusual = new Map(
    forecast.unusual.map(({ bucket, beyond }) => [bucket, beyondText(beyond, style)]),
  );
  const coverage = toNumber(forecast.backTest?.coverage);
  return {
    kind: "line",
    pointHeader: "Day",
    labels: buckets.map((bucket) => formatBucketShort(bucket, "DAY", zone, false)),
    titles: buckets.map((bucket) => formatBucketLong(bucket, "DAY", zone)),
    starts: buckets,
    series: [
      { id: "values", name: title, definition, color: "current", values },
      ...(state === "READY"
        ? ([
            { id: "expected", name: "Expected", color: "3", values: expected, isEstimate: true },
            {
              id: "low",
              name: "At least",
              color: "3",
              values: low,
              isEstimate: true,
              bound: "low",
            },
            {
              id: "high",
              name: "At most",
              definition: `Where ${formatPercent(coverage, 0)} of past errors lie`,
              color: "3",
              values: high,
              isEstimate: true,
              bound: "high",
            },
          ] as const)
        : []),
    ],
    unfinishedFrom: null,
    marks: buckets.map((bucket) => unusual.get(bucket) ?? null),
    areMarksListed: true,
    exact: (value) => formatExact(value, style),
    compact: (value) => formatCompact(value, style),
  };
}

/** How far a day was beyond its bounds: "£650 below what was expected". */
export function beyondText(beyond: Decimal, style: NumberStyle): string {
  const [size, side] = beyond.startsWith("-") ? [beyond.slice(1), "below"] : [beyond, "above"];
  return `${formatCompact(size, style)} ${side} what was expected`;
}

/** What is expected in all, or why nothing is. */
export function headline({ state, total, backTest }: Forecast, style: NumberStyle): string {
  if (state === "TOO_SHORT") return "There are too few days to forecast from";
  if (state === "NOT_BETTER") {
    return "No forecast: repeating the last week’s values was no worse in the past";
  }
  const days = backTest?.days ?? 0;
  if (!total) return `An estimate of the next ${days} days`;
  const [expected, low, high] = [total.expected, total.low, total.high].map((value) =>
    formatCompact(value, style),
  );
  return `An estimate: about ${expected} in the next ${days} days, likely ${low} to ${high}`;
}

/** A scaled error as a percentage: "85%". */
export function size(scaled: Decimal | null): string {
  return scaled === null ? "–" : formatPercent(toNumber(scaled), 0);
}
