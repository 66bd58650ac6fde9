import { chartSvg } from "../../charts/chartSvg.ts";
import type { ChartModel } from "../../charts/model.ts";
import { saveBlob } from "../../lib/csv.ts";
import { fileName } from "./chartImage.ts";

/** Saves a chart as SVG, as large as it is on the page, with what it is of above it. */
export function saveSvg(
  model: ChartModel,
  chart: HTMLElement,
  name: string,
  lines: readonly string[],
): void {
  const style = getComputedStyle(chart);
  const text = chartSvg(model, {
    width: chart.clientWidth,
    height: chart.clientHeight,
    lines,
    color: (token) => style.getPropertyValue(token).trim(),
    font: style.fontFamily,
  });
  saveBlob(fileName(name, "svg"), new Blob([text], { type: "image/svg+xml" }));
}
