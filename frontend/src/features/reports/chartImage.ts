import { saveBlob } from "../../lib/csv.ts";
import { IS_RIGHT_TO_LEFT } from "../../lib/locale.ts";
import type { FileNotes } from "../shared/exportTable.ts";

const MARGIN = 24;
const TITLE_SIZE = 20;
const NOTE_SIZE = 13;
const LINE = 1.5;

/** What stands above the chart: its title and what it is of, such as range, filters and as-of. */
export function imageLines(title: string, notes: FileNotes): readonly string[] {
  const said = notes
    .map(([name = "", ...values]) => [
      name,
      values
        .filter((value) => value !== "")
        .map(isolated)
        .join(" – "),
    ])
    .filter(([name, values]) => name !== title && values !== "");
  return [title, ...said.map(([name, values]) => `${name}: ${values}`)];
}

/** Keeps times and codes as they are within a text from right to left. */
function isolated(value: string): string {
  return IS_RIGHT_TO_LEFT ? `\u2068${value}\u2069` : value;
}

/** Saves a drawn chart as PNG, at the canvas's own resolution, with what it is of above it. */
export async function saveChart(
  chart: HTMLCanvasElement,
  name: string,
  lines: readonly string[],
): Promise<void> {
  // A canvas has more pixels than CSS pixels on dense screens.
  const scale = chart.width / Math.max(1, chart.clientWidth);
  const image = document.createElement("canvas");
  const sizes = lines.map((_, index) => (index === 0 ? TITLE_SIZE : NOTE_SIZE) * scale);
  const above = sizes.reduce((sum, size) => sum + size * LINE, MARGIN * scale);
  image.width = chart.width + 2 * MARGIN * scale;
  image.height = chart.height + above + 2 * MARGIN * scale;
  const context = image.getContext("2d");
  if (context === null) throw new Error("The browser draws no images.");
  const style = getComputedStyle(chart);
  const background = getComputedStyle(document.body).getPropertyValue("--surface").trim();
  context.fillStyle = background === "" ? "#ffffff" : background;
  context.fillRect(0, 0, image.width, image.height);
  context.fillStyle = style.color;
  let y = MARGIN * scale;
  for (const [index, line] of lines.entries()) {
    const size = sizes[index] ?? NOTE_SIZE;
    y += size;
    context.font = `${index === 0 ? "600 " : ""}${size}px ${style.fontFamily || "sans-serif"}`;
    context.fillText(line, MARGIN * scale, y, image.width - 2 * MARGIN * scale);
    y += size * (LINE - 1);
  }
  context.drawImage(chart, MARGIN * scale, above + MARGIN * scale);
  await savePng(image, name);
}

/** Saves what is drawn on a canvas. */
export async function savePng(image: HTMLCanvasElement, name: string): Promise<void> {
  const blob = await new Promise<Blob | null>((done) => image.toBlob(done, "image/png"));
  if (blob === null) throw new Error("The browser makes no PNG files.");
  saveBlob(fileName(name, "png"), blob);
}

/** A name of a file without what file systems refuse. */
export function fileName(name: string, ending: string): string {
  return `${name.replaceAll(/[^\p{L}\p{N} .,_-]/gu, "")}.${ending}`;
}
