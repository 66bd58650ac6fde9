/** A vertical line at the point under the pointer, in every chart that has the same point in time. */
import type { Chart, Plugin } from "chart.js";

type Listener = (start: string | null) => void;

const listeners = new Set<Listener>();

/** Tells every other chart which point is looked at, by when it begins; `null` = none. */
export function lookAt(start: string | null, from: Listener): void {
  for (const listener of listeners) if (listener !== from) listener(start);
}

/** Calls back with what another chart looks at, until the returned function is called. */
export function onLook(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const elsewhere = new WeakMap<Chart, number>();

/** Draws the line of a chart at a point that another chart looks at; `null` = none. */
export function showPoint(chart: Chart, index: number | null): void {
  if (index === null || index < 0) elsewhere.delete(chart);
  else elsewhere.set(chart, index);
  chart.draw();
}

export const crosshairPlugin: Plugin = {
  id: "crosshair",
  afterDatasetsDraw(chart) {
    const index = chart.getActiveElements()[0]?.index ?? elsewhere.get(chart);
    const x = index === undefined ? undefined : chart.getDatasetMeta(0).data[index]?.x;
    if (x === undefined) return;
    const { ctx, chartArea } = chart;
    ctx.save();
    ctx.beginPath();
    ctx.moveTo(x, chartArea.top);
    ctx.lineTo(x, chartArea.bottom);
    ctx.lineWidth = 1;
    ctx.setLineDash([3, 3]);
    ctx.strokeStyle = getComputedStyle(chart.canvas).getPropertyValue("--border-strong").trim();
    ctx.stroke();
    ctx.restore();
  },
};
