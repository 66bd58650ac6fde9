import { plural, t } from "@lingui/core/macro";
import type { ChartModel } from "../../charts/model.ts";
import type { OverviewForecastQuery } from "../../gql/graphql.ts";
import { formatInTable } from "../../lib/columnFormat.ts";
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
    pointHeader: t`Day`,
    labels: buckets.map((bucket) => formatBucketShort(bucket, "DAY", zone, false)),
    titles: buckets.map((bucket) => formatBucketLong(bucket, "DAY", zone)),
    starts: buckets,
    series: [
      { id: "values", name: title, definition, color: "current", values },
      ...(state === "READY"
        ? ([
            { id: "expected", name: t`Expected`, color: "3", values: expected, isEstimate: true },
            {
              id: "low",
              name: t`At least`,
              color: "3",
              values: low,
              isEstimate: true,
              bound: "low",
            },
            {
              id: "high",
              name: t`At most`,
              definition: t`Where ${formatPercent(coverage, 0)} of past errors lie`,
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
    inTable: (value, among, isEstimate) => formatInTable(value, style, among, isEstimate),
    compact: (value) => formatCompact(value, style),
  };
}

/** How far a day was beyond its bounds: "£650 below what was expected". */
export function beyondText(beyond: Decimal, style: NumberStyle): string {
  return beyond.startsWith("-")
    ? t`${formatCompact(beyond.slice(1), style)} below what was expected`
    : t`${formatCompact(beyond, style)} above what was expected`;
}

/** What is expected in all, or why nothing is. */
export function headline({ state, total, backTest }: Forecast, style: NumberStyle): string {
  if (state === "TOO_SHORT") return t`There are too few days to forecast from`;
  if (state === "NOT_BETTER") {
    return t`No forecast: repeating the last week’s values was no worse in the past`;
  }
  const days = backTest?.days ?? 0;
  if (!total) {
    return plural(days, {
      one: "An estimate of the next day",
      other: "An estimate of the next # days",
    });
  }
  const [expected, low, high] = [total.expected, total.low, total.high].map((value) =>
    formatCompact(value, style),
  );
  return plural(days, {
    one: `An estimate: about ${expected} in the next day, likely ${low} to ${high}`,
    other: `An estimate: about ${expected} in the next # days, likely ${low} to ${high}`,
  });
}

/** A scaled error as a percentage: "85%". */
export function size(scaled: Decimal | null): string {
  return scaled === null ? "–" : formatPercent(toNumber(scaled), 0);
}
