/** A scatter plot as an SVG drawing, for documents: of the same model as on the page. */
import { type ScatterModel, scatterScale } from "./scatter.ts";
import { framed, headHeight, MARGIN, round, type SvgOptions, text } from "./svgFrame.ts";

const AXIS_WIDTH = 54;
const AXIS_HEIGHT = 38;
const RADIUS = 5;

/** The text of the file. */
export function scatterSvg(model: ScatterModel, options: SvgOptions): string {
  const { width, height, color } = options;
  const { points, lines, quadrants, xTitle } = model;
  const above = headHeight(options) + 24;
  const area = {
    start: MARGIN + AXIS_WIDTH,
    end: MARGIN + width,
    top: above,
    bottom: above + height - AXIS_HEIGHT,
  };
  const { x, y, xTicks, yTicks } = scatterScale(model, area);
  const muted = color("--text-muted");
  const across = (at: number, paint: string, more = "") =>
    `<line x1="${area.start}" x2="${area.end}" y1="${round(at)}" y2="${round(at)}" stroke="${paint}"${more}/>`;
  const dashed = ' stroke-dasharray="4 4"';
  return framed(options, above + height + MARGIN, [
    ...yTicks.flatMap((tick) => [
      across(tick.at, color("--grid")),
      text(tick.text, area.start - 8, tick.at + 4, { fill: muted, "text-anchor": "end" }),
    ]),
    ...xTicks.map((tick) =>
      text(tick.text, tick.at, area.bottom + 16, { fill: muted, "text-anchor": "middle" }),
    ),
    text(xTitle, (area.start + area.end) / 2, area.bottom + 34, {
      fill: muted,
      "text-anchor": "middle",
    }),
    ...(lines.x === null
      ? []
      : [
          `<line x1="${round(x(lines.x))}" x2="${round(x(lines.x))}" y1="${area.top}" y2="${area.bottom}" stroke="${color("--border-strong")}"${dashed}/>`,
        ]),
    ...(lines.y === null ? [] : [across(y(lines.y), color("--border-strong"), dashed)]),
    ...points.map((point) => {
      const isBelow = lines.y !== null && point.y < lines.y;
      const paint = color(isBelow ? "--series-3" : "--series-current");
      return `<circle cx="${round(x(point.x))}" cy="${round(y(point.y))}" r="${RADIUS}" fill="${paint}" fill-opacity="0.55" stroke="${paint}"/>`;
    }),
    ...quadrants.map((name, index) =>
      text(
        name,
        index % 2 === 0 ? area.start + 6 : area.end - 6,
        index < 2 ? area.top - 8 : area.bottom - 8,
        {
          fill: muted,
          stroke: color("--surface"),
          "stroke-width": 4,
          "paint-order": "stroke",
          "font-weight": 600,
          "text-anchor": index % 2 === 0 ? "start" : "end",
        },
      ),
    ),
  ]);
}
