/** The names of lines at their ends, where there are more than a legend tells apart at a glance. */
import type { Plugin } from "chart.js";
import { IS_RIGHT_TO_LEFT } from "../lib/locale.ts";
import type { ChartModel } from "./model.ts";

/** Pixels. */
const LINE_HEIGHT = 14;
const MAX_WIDTH = 160;
const CHARACTER = 7;
/** Charts that are narrower need their width for the lines. */
const LEAST_WIDTH = 620;
const MAX_CHARACTERS = 20;

/** Whether lines are named at their ends. */
function hasEndLabels({ kind, series }: ChartModel): boolean {
  return kind === "line" && series.length > 2 && series.every(({ isEstimate }) => !isEstimate);
}

/** The room after the last point of a chart for the names of its lines. Pixels; 0 where they have none. */
export function endLabelWidth(model: ChartModel): number {
  if (!hasEndLabels(model) || globalThis.innerWidth < LEAST_WIDTH) return 0;
  const longest = Math.max(...model.series.map(({ name }) => shortName(name).length));
  return Math.min(MAX_WIDTH, longest * CHARACTER + 10);
}

/** A name that fits. */
export function shortName(name: string): string {
  return name.length <= MAX_CHARACTERS ? name : `${name.slice(0, MAX_CHARACTERS - 1).trimEnd()}…`;
}

/** Where labels go that would be at `wanted`: in their order, without overlapping. Pixels. */
export function spread(wanted: readonly number[], bottom: number): readonly number[] {
  const order = [...wanted.keys()].sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
  const placed = [...wanted];
  let next = Number.NEGATIVE_INFINITY;
  for (const index of order) {
    next = Math.max(wanted[index] ?? 0, next + LINE_HEIGHT);
    placed[index] = next;
  }
  let limit = bottom;
  for (const index of order.toReversed()) {
    limit = Math.min(placed[index] ?? 0, limit);
    placed[index] = limit;
    limit -= LINE_HEIGHT;
  }
  return placed;
}

interface EndLabelsOptions {
  /** Whether room is left for the names. */
  readonly isShown: boolean;
}

export const endLabelsPlugin: Plugin<"line" | "bar", EndLabelsOptions> = {
  id: "endLabels",
  afterDatasetsDraw(chart, _, { isShown }) {
    const { ctx, chartArea, data, options } = chart;
    if (!isShown) return;
    const end = IS_RIGHT_TO_LEFT ? chartArea.left : chartArea.right;
    const lines = data.datasets.flatMap((dataset, index) => {
      const point = chart.getDatasetMeta(index).data.findLast(({ y }) => Number.isFinite(y));
      // The name of a line that ends before would stand beside nothing.
      return point && Math.abs(point.x - end) < 1 ? [{ dataset, y: point.y }] : [];
    });
    const places = spread(
      lines.map(({ y }) => y),
      chartArea.bottom,
    );
    ctx.save();
    ctx.font = `11.5px ${options.font?.family ?? "sans-serif"}`;
    ctx.textAlign = IS_RIGHT_TO_LEFT ? "right" : "left";
    ctx.textBaseline = "middle";
    for (const [index, { dataset }] of lines.entries()) {
      ctx.fillStyle = String(dataset.borderColor);
      const x = IS_RIGHT_TO_LEFT ? end - 8 : end + 8;
      // Isolated: a name that runs the other way keeps its own ends.
      ctx.fillText(`\u2068${shortName(dataset.label ?? "")}\u2069`, x, places[index] ?? 0);
    }
    ctx.restore();
  },
};
