import type { ChartModel } from "../../charts/model.ts";
import type { MetricId, SeriesPartsFragment } from "../../gql/graphql.ts";
import { formatBucketLong, formatBucketShort, type Span, spansYears } from "../../lib/dates.ts";
import { formatCompact, formatExact, type NumberStyle } from "../../lib/number.ts";

interface SeriesModelOptions {
  readonly series: SeriesPartsFragment;
  readonly metric: MetricId;
  readonly title: string;
  readonly style: NumberStyle;
  readonly period: Span;
  readonly zone: string;
}

/** A metric over time with the compared period beneath it. */
export function seriesModel(options: SeriesModelOptions): ChartModel {
  const { series, metric, title, style, zone } = options;
  const line = series.lines.find((candidate) => candidate.metric === metric);
  const { granularity, previousBuckets } = series;
  return {
    kind: "line",
    ...bucketNames(series, options.period, zone),
    series: [
      { id: "current", name: title, color: "current", values: line?.current ?? [] },
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
    unfinishedFrom: series.partialFrom,
    cut: cutBuckets(series),
    exact: (value) => formatExact(value, style),
    compact: (value) => formatCompact(value, style),
  };
}

/** Buckets that are over and stand for less than their names say: the range cuts them. */
export function cutBuckets({
  partial,
  partialFrom,
}: Pick<SeriesPartsFragment, "partial" | "partialFrom">): readonly number[] {
  return partial.filter((index) => partialFrom === null || index < partialFrom);
}

/** Names of buckets for the axis and in full; with years where the range has several. */
export function bucketNames(
  { buckets, granularity }: Pick<SeriesPartsFragment, "buckets" | "granularity">,
  period: Span,
  zone: string,
): { labels: readonly string[]; titles: readonly string[] } {
  const withYear = spansYears(period, zone);
  return {
    labels: buckets.map((bucket) => formatBucketShort(bucket, granularity, zone, withYear)),
    titles: buckets.map((bucket) => formatBucketLong(bucket, granularity, zone)),
  };
}
