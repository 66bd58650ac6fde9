import { t } from "@lingui/core/macro";
import { compareDecimals, type Decimal } from "../lib/decimal.ts";
import { type ChartModel, type ChartSeries, incompleteness } from "./model.ts";

/** Describes a chart in words: first and last value, the highest and the lowest point. */
export function summarize(model: ChartModel): string {
  const main = model.series.find((series) => !series.isBackground);
  if (main === undefined || model.titles.length === 0) return t`The chart is empty.`;
  const points = completePoints(model, main);
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) {
    return t`${main.name} has no complete value in this period.`;
  }
  const name = (index: number) => model.titles[index] ?? "";
  const highest = extreme(points, 1);
  const lowest = extreme(points, -1);
  const sentences = [
    points.length === 1
      ? t`${main.name} was ${model.exact(first.value)} in ${name(first.index)}.`
      : t`${main.name} goes from ${model.exact(first.value)} (${name(first.index)}) to ${model.exact(last.value)} (${name(last.index)}).`,
  ];
  if (points.length > 2) {
    sentences.push(
      t`Highest ${model.exact(highest.value)} (${name(highest.index)}), lowest ${model.exact(lowest.value)} (${name(lowest.index)}).`,
    );
  }
  for (const index of model.titles.keys()) {
    const missing = incompleteness(model, index);
    if (missing === null) continue;
    sentences.push(t`${name(index)} is ${missing} and is left out of this summary.`);
    // The points after an unfinished one have not begun.
    if (index === model.unfinishedFrom) break;
  }
  return sentences.join(" ");
}

interface Point {
  readonly index: number;
  readonly value: Decimal;
}

function completePoints(model: ChartModel, series: ChartSeries): Point[] {
  return series.values.flatMap((value, index) =>
    value === null || incompleteness(model, index) !== null ? [] : [{ index, value }],
  );
}

function extreme(points: readonly Point[], sign: 1 | -1): Point {
  return points.reduce((best, point) =>
    sign * compareDecimals(point.value, best.value) > 0 ? point : best,
  );
}
