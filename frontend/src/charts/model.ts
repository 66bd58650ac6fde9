/**
 * What a chart shows, independent of how: the canvas, the text summary, the table and the export
 * read the same model.
 */
import { plural, t } from "@lingui/core/macro";
import type { Among } from "../lib/columnFormat.ts";
import { type Decimal, isZero } from "../lib/decimal.ts";

/** A colour of `styles/tokens.css`: the end of `--series-…`. */
type SeriesColor = "current" | "previous" | "3" | "4" | "5";

export interface ChartSeries {
  readonly id: string;
  readonly name: string;
  /** What the values are, for files. */
  readonly definition?: string;
  readonly color: SeriesColor;
  /** `null` where there is no value: the line has a gap there, not a zero. */
  readonly values: readonly (Decimal | null)[];
  /** Full names of the points where they differ from the chart's, as in an earlier period. */
  readonly titles?: readonly (string | null)[];
  /** Drawn thin and behind the others. */
  readonly isBackground?: boolean;
  /** The values are estimates: dashed, and rounded wherever they are written. */
  readonly isEstimate?: boolean;
  /** A side of an area around an estimate, the lower one first; not a line of its own. */
  readonly bound?: "low" | "high";
}

export interface ChartModel {
  readonly kind: "line" | "bar";
  /** Stacks the bars instead of placing them side by side. */
  readonly isStacked?: boolean;
  /** Short names of the points, for the axis. */
  readonly labels: readonly string[];
  /** What the points are, above their names in the table; "Period" where absent. */
  readonly pointHeader?: string;
  /** Full names of the points. */
  readonly titles: readonly string[];
  /** When the points begin, in ISO 8601, for files; absent where they are no times. */
  readonly starts?: readonly string[];
  readonly series: readonly ChartSeries[];
  /** Points of a series that stand beside none of the chart's: in the table and the file alone. */
  readonly unpaired?: UnpairedPoints;
  /** Index of the first point whose time is not over yet; `null` when all are. */
  readonly unfinishedFrom: number | null;
  /** Indexes of complete points that lie only partly in the range. */
  readonly truncated?: readonly number[];
  /** The end of the axis of values, where none can be higher. */
  readonly highest?: number;
  /** Indexes of the points that the axis names; as many as there is room for where absent. */
  readonly named?: readonly number[];
  /** What happened at each point, as users noted it; `null` where nothing was noted. */
  readonly marks?: readonly (string | null)[];
  /** What the marks stand for is listed beside the chart, at more length. */
  readonly areMarksListed?: boolean;
  /** Opens the rows behind a point. */
  readonly onOpen?: (index: number) => void;
  /** Shows the points from the first to the last one alone. */
  readonly onZoom?: (first: number, last: number) => void;
  /** How a point differs from that of the series behind it. */
  readonly change?: (now: Decimal, before: Decimal) => string;
  /** Exact text of a value. */
  readonly exact: (value: Decimal) => string;
  /** A value in the table, where its column's precision matters; `exact` without it. */
  readonly inTable?: (value: Decimal, among: Among, isEstimate: boolean) => string;
  /** Short text of a value on the axis. */
  readonly compact: (value: Decimal) => string;
}

/** Whether there is something to draw. */
export function hasValues({ series }: ChartModel): boolean {
  return series.some(({ values }) => values.some((value) => value !== null));
}

/** Points next to each fifth of the whole, of shares that ascend from 0 to 1. */
export function fifths(shares: readonly number[]): readonly number[] {
  return [0, 0.2, 0.4, 0.6, 0.8, 1].map((wanted) =>
    shares.reduce(
      (best, share, index) =>
        Math.abs(share - wanted) < Math.abs((shares[best] ?? 0) - wanted) ? index : best,
      0,
    ),
  );
}

interface UnpairedPoints {
  /** The series that they belong to. */
  readonly series: string;
  readonly titles: readonly string[];
  readonly starts: readonly string[];
  readonly values: readonly (Decimal | null)[];
}

/** Unpaired points that a chart names; of more it says how many there are. */
const MAX_NAMED = 3;

/** What a chart does not draw, for want of a counterpart; `null` where it draws everything. */
export function unpairedText({ unpaired, exact }: ChartModel): string | null {
  const points = (unpaired?.titles ?? []).flatMap((title, index) => {
    const value = unpaired?.values[index];
    return value == null || isZero(value) ? [] : [`${title}: ${exact(value)}`];
  });
  if (points.length === 0) return null;
  const found =
    points.length <= MAX_NAMED
      ? points.join("; ")
      : plural(points.length, { one: "# point", other: "# points" });
  return t`Of the compared period, without a counterpart in this range and not drawn: ${found}. The table has them.`;
}

/** The rows of a chart's table: its points, then those without a counterpart. */
export function tableRows({ titles, unpaired }: ChartModel): readonly number[] {
  return [...Array(titles.length + (unpaired?.titles.length ?? 0)).keys()];
}

/** "–" where there is no value. */
export function pointText(model: ChartModel, series: ChartSeries, index: number): string {
  return valueText(model, series, series.values[index]);
}

/** The text of a value of a series; "–" for none. */
function valueText(
  model: ChartModel,
  { isEstimate }: ChartSeries,
  value: Decimal | null | undefined,
): string {
  if (value == null) return "–";
  return isEstimate ? t`about ${model.compact(value)}` : model.exact(value);
}

/** The same in the chart's table, where `among` are all values of the series. */
export function cellText(
  model: ChartModel,
  series: ChartSeries,
  value: Decimal,
  among: Among,
): string {
  if (model.inTable === undefined) return valueText(model, series, value);
  const text = model.inTable(value, among, series.isEstimate === true);
  return series.isEstimate ? t`about ${text}` : text;
}

/** How a complete point differs from that behind it; `null` where there is none. */
function changeText({ series, change, ...model }: ChartModel, index: number): string | null {
  const now = series.find(({ isBackground }) => !isBackground)?.values[index];
  const before = series.find(({ isBackground }) => isBackground)?.values[index];
  if (change === undefined || now == null || before == null) return null;
  return incompleteness({ series, ...model }, index) === null ? change(now, before) : null;
}

/** One point with all its series in words, for screen readers. */
export function pointSummary(model: ChartModel, index: number): string {
  const values = model.series.flatMap((series) => {
    // Known days have no estimates, and days ahead no values.
    if (series.values[index] == null && series.isEstimate) return [];
    const title = series.titles?.[index];
    return [`${series.name}${title ? ` (${title})` : ""} ${pointText(model, series, index)}`];
  });
  const more = [changeText(model, index), model.marks?.[index]].filter((text) => text != null);
  return [`${pointTitle(model, index)}: ${values.join(", ")}`, ...more].join(". ");
}

/** A point's full name and why it is incomplete. */
export function pointTitle(model: ChartModel, index: number): string {
  const missing = incompleteness(model, index);
  return `${model.titles[index] ?? ""}${missing === null ? "" : ` (${missing})`}`;
}

/** What is to be said of a point besides its values; empty where nothing is. */
export function pointNotes(model: ChartModel, index: number): readonly string[] {
  return [changeText(model, index), incompleteness(model, index), model.marks?.[index]].filter(
    (text) => text != null,
  );
}

/** Why a point covers less time than its name says; `null` when it is complete. */
export function incompleteness(model: ChartModel, index: number): string | null {
  if (model.unfinishedFrom !== null && index >= model.unfinishedFrom) return t`not complete yet`;
  return model.truncated?.includes(index) ? t`only partly in the range` : null;
}
