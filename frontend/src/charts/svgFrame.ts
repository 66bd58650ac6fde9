/** The frame of a drawing for documents: its paper, its title, and what it is of. */
import { IS_RIGHT_TO_LEFT } from "../lib/locale.ts";

export interface SvgOptions {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** What stands above the drawing: the title first. */
  readonly lines: readonly string[];
  /** The value of a colour of `styles/tokens.css`. */
  readonly color: (name: string) => string;
  readonly font: string;
}

export const MARGIN = 24;
const TITLE_SIZE = 20;
const NOTE_SIZE = 13;

/** The height of the title and the lines below it. Pixels. */
export function headHeight({ lines }: SvgOptions): number {
  return MARGIN + TITLE_SIZE * 1.4 + (lines.length - 1) * NOTE_SIZE * 1.5;
}

/**
 * The text of the file.
 *
 * @param height - Of the whole, with head and margins. Pixels.
 * @param content - Drawn as if it were read from left to right; elsewhere it is mirrored whole.
 */
export function framed(options: SvgOptions, height: number, content: readonly string[]): string {
  const { lines, color, font } = options;
  const width = options.width + 2 * MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${round(height)}" viewBox="0 0 ${width} ${round(height)}" font-family="${escaped(font)}" font-size="12" direction="${IS_RIGHT_TO_LEFT ? "rtl" : "ltr"}" role="img">`,
    `<title>${escaped(lines.join(". "))}</title>`,
    `<rect width="100%" height="100%" fill="${color("--surface")}"/>`,
    // Mirrored, but for the letters.
    IS_RIGHT_TO_LEFT ? `<g transform="matrix(-1 0 0 1 ${width} 0)">` : "<g>",
    ...lines.map((line, index) =>
      text(line, MARGIN, MARGIN + TITLE_SIZE + index * NOTE_SIZE * 1.5, {
        fill: color(index === 0 ? "--text" : "--text-muted"),
        "font-size": index === 0 ? TITLE_SIZE : NOTE_SIZE,
        ...(index === 0 && { "font-weight": 600 }),
      }),
    ),
    ...content,
    "</g>",
    "</svg>",
  ].join("\n");
}

export function text(
  content: string,
  x: number,
  y: number,
  attributes: Readonly<Record<string, string | number>>,
): string {
  const more = Object.entries(attributes).map(
    ([name, value]) => ` ${name}="${escaped(`${value}`)}"`,
  );
  const back = IS_RIGHT_TO_LEFT ? ` transform="matrix(-1 0 0 1 ${round(2 * x)} 0)"` : "";
  return `<text x="${round(x)}" y="${round(y)}"${back}${more.join("")}>${escaped(content)}</text>`;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(content: string): string {
  return content
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
