import { t } from "@lingui/core/macro";
import { useMemo } from "react";
import type { ChartModel } from "../../charts/model.ts";
import type { MetricId, PeriodPartsFragment, SeriesPartsFragment } from "../../gql/graphql.ts";
import { formatInTable } from "../../lib/columnFormat.ts";
import {
  formatBucketLong,
  formatBucketShort,
  type Instant,
  type Span,
  spansYears,
} from "../../lib/dates.ts";
import { type Decimal, isZero, negate, sum, toNumber } from "../../lib/decimal.ts";
import {
  formatChange,
  formatCompact,
  formatExact,
  formatSigned,
  type NumberStyle,
} from "../../lib/numberFormat.ts";
import { useMetric, useReporting } from "./reporting.ts";

/** The chart of a metric's series, with the compared period behind it; `null` before a result. */
export function useSeriesModel(
  selected: MetricId,
  series: SeriesPartsFragment | undefined,
  period: PeriodPartsFragment | undefined,
  comparison: PeriodPartsFragment | undefined,
): ChartModel | null {
  // Until the selected metric's result arrives, the chart shows the one before.
  const { metric, title, definition, style } = useMetric()(series?.lines[0]?.metric ?? selected);
  const { unit, currency } = style;
  const firstSaleAt = useReporting().sales?.start ?? null;
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
            comparedUntil: comparison?.to,
            zone: period.zone,
            firstSaleAt,
          })
        : null,
    [series, period, comparison, metric, title, definition, unit, currency, firstSaleAt],
  );
}

interface SeriesModelOptions {
  readonly series: SeriesPartsFragment;
  readonly metric: MetricId;
  readonly title: string;
  readonly definition: string;
  readonly style: NumberStyle;
  readonly period: Span;
  /** When the compared period ends. */
  readonly comparedUntil: Instant | undefined;
  readonly zone: string;
  /** When the first sale of all was; `null` while there is none. */
  readonly firstSaleAt: Instant | null;
}

export function seriesModel(options: SeriesModelOptions): ChartModel {
  const { series, metric, title, definition, style, period, comparedUntil, zone } = options;
  const { firstSaleAt } = options;
  const line = series.lines.find((candidate) => candidate.metric === metric);
  const { granularity, previousBuckets } = series;
  return {
    kind: "line",
    ...bucketNames(series, period, zone),
    series: [
      {
        id: "current",
        name: title,
        definition,
        color: "current",
        values: knownValues(line?.current ?? [], [...series.buckets, period.end], firstSaleAt),
      },
      ...(line?.previous && previousBuckets
        ? [
            {
              id: "previous",
              name: t`Compared period`,
              color: "previous" as const,
              values: knownValues(
                line.previous,
                [...previousBuckets, comparedUntil ?? null],
                firstSaleAt,
              ),
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
    inTable: (value, among, isEstimate) => formatInTable(value, style, among, isEstimate),
    compact: (value) => formatCompact(value, style),
    change: (now, before) => {
      const text = formatSigned(sum([now, negate(before)]), style);
      const base = Math.abs(toNumber(before));
      // Percentages of percentages mislead.
      if (base === 0 || style.unit === "ratio") return `Δ ${text}`;
      return `Δ ${text} (${formatChange(String((toNumber(now) - toNumber(before)) / base))})`;
    },
  };
}

/**
 * The values of buckets; none where a bucket was over when the first sale was made.
 *
 * @param edges - When each bucket begins, and when the last one ends.
 */
function knownValues(
  values: readonly (Decimal | null)[],
  edges: readonly (Instant | null)[],
  firstSaleAt: Instant | null,
): readonly (Decimal | null)[] {
  if (firstSaleAt === null) return values;
  const first = Date.parse(firstSaleAt);
  const since = edges.findLastIndex((edge) => edge !== null && Date.parse(edge) <= first);
  return values.map((value, index) =>
    index < since && value !== null && isZero(value) ? null : value,
  );
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
