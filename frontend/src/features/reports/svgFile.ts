import { chartSvg } from "../../charts/chartSvg.ts";
import type { ChartModel } from "../../charts/model.ts";
import type { ScatterModel } from "../../charts/scatter.ts";
import { scatterSvg } from "../../charts/scatterSvg.ts";
import { saveBlob } from "../../lib/csv.ts";
import { fileName, savePng } from "./chartImage.ts";

type Model = ChartModel | ScatterModel;

/** Saves a chart as SVG, as large as it is on the page, with what it is of above it. */
export function saveSvg(
  model: Model,
  chart: Element,
  name: string,
  lines: readonly string[],
): void {
  const text = svgText(model, chart, lines);
  saveBlob(fileName(name, "svg"), new Blob([text], { type: "image/svg+xml" }));
}

/** Saves a chart that has no canvas as PNG, at the resolution of the screen. */
export async function saveSvgAsPng(
  model: Model,
  chart: Element,
  name: string,
  lines: readonly string[],
): Promise<void> {
  const picture = new Image();
  // A data URL: the pages' policy permits no other source of pictures.
  picture.src = `data:image/svg+xml,${encodeURIComponent(svgText(model, chart, lines))}`;
  await picture.decode();
  const scale = window.devicePixelRatio;
  const image = document.createElement("canvas");
  image.width = picture.naturalWidth * scale;
  image.height = picture.naturalHeight * scale;
  const context = image.getContext("2d");
  if (context === null) throw new Error("The browser draws no images.");
  context.drawImage(picture, 0, 0, image.width, image.height);
  await savePng(image, name);
}

function svgText(model: Model, chart: Element, lines: readonly string[]): string {
  const style = getComputedStyle(chart);
  const { width, height } = chart.getBoundingClientRect();
  const options = {
    width: Math.round(width),
    height: Math.round(height),
    lines,
    color: (token: string) => style.getPropertyValue(token).trim(),
    font: style.fontFamily,
  };
  return "points" in model ? scatterSvg(model, options) : chartSvg(model, options);
}
