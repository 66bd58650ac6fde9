import { useMemo } from "react";
import type { ChartModel } from "../../charts/model.ts";
import type { MetricId, PeriodPartsFragment, SeriesPartsFragment } from "../../gql/graphql.ts";
import { formatBucketLong, formatBucketShort, type Span, spansYears } from "../../lib/dates.ts";
import { formatCompact, formatExact, type NumberStyle } from "../../lib/numberFormat.ts";
import { useMetric } from "./reporting.ts";

/** The chart of a metric's series, with the compared period behind it; `null` before a result. */
export function useSeriesModel(
  selected: MetricId,
  series: SeriesPartsFragment | undefined,
  period: PeriodPartsFragment | undefined,
): ChartModel | null {
  // Until the selected metric's result arrives, the chart shows the one before.
  const { metric, title, definition, style } = useMetric()(series?.lines[0]?.metric ?? selected);
  const { unit, currency } = style;
  return useMemo(
    () =>
      series && period
        ? seriesModel({
            series,
            metric,
            title,
            definition,
            style: { unit, currency },
            period: { start: period.from, end: period.to },
            zone: period.zone,
          })
        : null,
    [series, period, metric, title, definition, unit, currency],
  );
}

interface SeriesModelOptions {
  readonly series: SeriesPartsFragment;
  readonly metric: MetricId;
  readonly title: string;
  readonly definition: string;
  readonly style: NumberStyle;
  readonly period: Span;
  readonly zone: string;
}

function seriesModel(options: SeriesModelOptions): ChartModel {
  const { series, metric, title, definition, style, zone } = options;
  const line = series.lines.find((candidate) => candidate.metric === metric);
  const { granularity, previousBuckets } = series;
  return {
    kind: "line",
    ...bucketNames(series, options.period, zone),
    series: [
      { id: "current", name: title, definition, color: "current", values: line?.current ?? [] },
      ...(line?.previous && previousBuckets
        ? [
            {
              id: "previous",
              name: "Compared period",
              color: "previous" as const,
              values: line.previous,
              titles: previousBuckets.map((bucket) =>
                bucket === null ? null : formatBucketLong(bucket, granularity, zone),
              ),
              isBackground: true,
            },
          ]
        : []),
    ],
    unpaired: {
      series: "previous",
      titles: series.unpairedBuckets.map((bucket) => formatBucketLong(bucket, granularity, zone)),
      starts: series.unpairedBuckets,
      values: line?.unpaired ?? [],
    },
    unfinishedFrom: series.partialFrom,
    truncated: truncatedBuckets(series),
    exact: (value) => formatExact(value, style),
    compact: (value) => formatCompact(value, style),
  };
}

/** Indexes of the complete buckets that lie only partly in the range. */
export function truncatedBuckets({
  partial,
  partialFrom,
}: Pick<SeriesPartsFragment, "partial" | "partialFrom">): readonly number[] {
  return partial.filter((index) => partialFrom === null || index < partialFrom);
}

/** Short and full names of buckets; the short ones have a year where the range spans several. */
export function bucketNames(
  { buckets, granularity }: Pick<SeriesPartsFragment, "buckets" | "granularity">,
  period: Span,
  zone: string,
): { labels: readonly string[]; titles: readonly string[]; starts: readonly string[] } {
  const withYear = spansYears(period, zone);
  return {
    labels: buckets.map((bucket) => formatBucketShort(bucket, granularity, zone, withYear)),
    titles: buckets.map((bucket) => formatBucketLong(bucket, granularity, zone)),
    starts: buckets,
  };
}
