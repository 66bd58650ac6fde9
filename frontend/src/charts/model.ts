/**
 * What a chart shows, apart from how it is drawn: the same model feeds the canvas, the text
 * summary, the table and the file.
 */
import type { Decimal } from "../lib/number.ts";

/** A palette entry of `styles/tokens.css`, without its dashes. */
type SeriesColor = "current" | "previous" | "3" | "4" | "5";

export interface ChartSeries {
  readonly id: string;
  readonly name: string;
  readonly color: SeriesColor;
  /** `null` where there is no value: the line has a gap there, not a zero. */
  readonly values: readonly (Decimal | null)[];
  /** What each point is called where that differs from `titles`, as in an earlier period. */
  readonly titles?: readonly (string | null)[];
  /** Drawn thin and beneath the others. */
  readonly isBackground?: boolean;
}

export interface ChartModel {
  readonly kind: "line" | "bar";
  /** Bars on top of one another instead of side by side. */
  readonly isStacked?: boolean;
  /** Short names of the points, for the axis. */
  readonly labels: readonly string[];
  /** Full names of the points. */
  readonly titles: readonly string[];
  readonly series: readonly ChartSeries[];
  /** Index of the first point that is not complete yet; `null` when all are. */
  readonly unfinishedFrom: number | null;
  /** Indexes of points that are over but lie only partly in the range. */
  readonly cut?: readonly number[];
  /** Exact text of a value. */
  readonly exact: (value: Decimal) => string;
  /** Short text of a value on the axis. */
  readonly compact: (value: Decimal) => string;
}

/** "–" where there is no value. */
export function pointText(model: ChartModel, series: ChartSeries, index: number): string {
  const value = series.values[index];
  return value == null ? "–" : model.exact(value);
}

/** One point with all its series, as a screen reader or a tooltip says it. */
export function pointSummary(model: ChartModel, index: number): string {
  const values = model.series.map((series) => {
    const title = series.titles?.[index];
    return `${series.name}${title ? ` (${title})` : ""} ${pointText(model, series, index)}`;
  });
  return `${pointTitle(model, index)}: ${values.join(", ")}`;
}

/** A point's full name, and what is missing of it. */
export function pointTitle(model: ChartModel, index: number): string {
  const missing = incompleteness(model, index);
  return `${model.titles[index] ?? ""}${missing === null ? "" : ` (${missing})`}`;
}

/** Why a point stands for less than its name says; `null` when it does not. */
export function incompleteness(model: ChartModel, index: number): string | null {
  if (model.unfinishedFrom !== null && index >= model.unfinishedFrom) return "not complete yet";
  return model.cut?.includes(index) ? "only partly in the range" : null;
}
