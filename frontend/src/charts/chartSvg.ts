/** A chart as an SVG drawing, for documents: of the same model as the canvas. */
import { toNumber } from "../lib/decimal.ts";
import { type ChartModel, type ChartSeries, incompleteness } from "./model.ts";
import { framed, headHeight, MARGIN, round, type SvgOptions, text } from "./svgFrame.ts";
import { niceTicks } from "./ticks.ts";

const AXIS_WIDTH = 64;
const AXIS_HEIGHT = 22;
const LEGEND_HEIGHT = 24;
/** A label of the axis takes about this much. Pixels. */
const LABEL_WIDTH = 72;

/** The text of the file. */
export function chartSvg(model: ChartModel, options: SvgOptions): string {
  const { width, height, color } = options;
  const above = headHeight(options) + LEGEND_HEIGHT;
  const area = {
    left: MARGIN + AXIS_WIDTH,
    right: MARGIN + width,
    top: above + 8,
    bottom: above + 8 + height - AXIS_HEIGHT,
  };
  const scale = scaleOf(model, area);
  return framed(options, above + height + MARGIN, [
    ...legend(model, above - 6, color),
    ...scale.ticks.flatMap((value) => [
      `<line x1="${area.left}" x2="${area.right}" y1="${round(scale.y(value))}" y2="${round(scale.y(value))}" stroke="${color("--grid")}"/>`,
      text(model.compact(String(value)), area.left - 8, scale.y(value) + 4, {
        fill: color("--text-muted"),
        "text-anchor": "end",
      }),
    ]),
    ...axisLabels(model, scale, area, color("--text-muted")),
    ...(model.kind === "line"
      ? model.series.toSorted(behind).flatMap((series) => line(model, series, scale, color))
      : bars(model, scale, color)),
  ]);
}

interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

interface Scale {
  readonly ticks: readonly number[];
  readonly x: (index: number) => number;
  readonly y: (value: number) => number;
  /** From one point to the next. Pixels. */
  readonly step: number;
}

function scaleOf(model: ChartModel, area: Area): Scale {
  const totals = model.labels.map((_, index) => {
    const values = model.series.map(({ values }) => toNumber(values[index]));
    if (!model.isStacked) return values;
    const up = values.filter((value) => value > 0).reduce((sum, value) => sum + value, 0);
    return [up, values.filter((value) => value < 0).reduce((sum, value) => sum + value, 0)];
  });
  const ticks = niceTicks(Math.min(0, ...totals.flat()), Math.max(0, ...totals.flat()));
  const [low = 0, high = 1] = [ticks[0], ticks.at(-1)];
  const count = model.labels.length;
  // Bars need half a step at both ends.
  const slots = model.kind === "bar" ? count : Math.max(1, count - 1);
  const step = (area.right - area.left) / slots;
  const offset = model.kind === "bar" ? step / 2 : count === 1 ? step / 2 : 0;
  return {
    ticks,
    step,
    x: (index) => area.left + offset + index * step,
    y: (value) => area.bottom - ((value - low) / (high - low || 1)) * (area.bottom - area.top),
  };
}

/** Areas first, then lines in the background, then the others. */
function behind(left: ChartSeries, right: ChartSeries): number {
  const depth = ({ bound, isBackground }: ChartSeries) => (bound ? 0 : isBackground ? 1 : 2);
  return depth(left) - depth(right);
}

function line(
  model: ChartModel,
  series: ChartSeries,
  scale: Scale,
  color: SvgOptions["color"],
): readonly string[] {
  const paint = color(`--series-${series.color}`);
  if (series.bound === "low") return [];
  if (series.bound === "high") {
    const low = model.series.find(({ bound }) => bound === "low");
    const up = places(series, scale);
    const down = low ? places(low, scale).toReversed() : [];
    return [`<polygon points="${[...up, ...down].join(" ")}" fill="${paint}" opacity="0.2"/>`];
  }
  const width = series.isBackground ? 1.5 : 2.25;
  const segments = series.values.flatMap((value, index) => {
    const next = series.values[index + 1];
    if (value === null || next == null) return [];
    const isWhole =
      incompleteness(model, index) === null && incompleteness(model, index + 1) === null;
    const dash = series.isEstimate || !(series.isBackground || isWhole);
    return [
      `<line x1="${round(scale.x(index))}" y1="${round(scale.y(toNumber(value)))}" x2="${round(scale.x(index + 1))}" y2="${round(scale.y(toNumber(next)))}" stroke="${paint}" stroke-width="${width}" stroke-linecap="round"${dash ? ' stroke-dasharray="5 4"' : ""}/>`,
    ];
  });
  // A value between two gaps has no line.
  const alone = series.values.flatMap((value, index) =>
    value !== null && series.values[index - 1] == null && series.values[index + 1] == null
      ? [
          `<circle cx="${round(scale.x(index))}" cy="${round(scale.y(toNumber(value)))}" r="2.5" fill="${paint}"/>`,
        ]
      : [],
  );
  return [...segments, ...alone];
}

function places({ values }: ChartSeries, scale: Scale): string[] {
  return values.flatMap((value, index) =>
    value === null ? [] : [`${round(scale.x(index))},${round(scale.y(toNumber(value)))}`],
  );
}

function bars(model: ChartModel, scale: Scale, color: SvgOptions["color"]): readonly string[] {
  const { series, isStacked = false } = model;
  const room = Math.min(46, scale.step * 0.8);
  const width = isStacked ? room : room / series.length;
  return model.labels.flatMap((_, index) => {
    const ends = { up: 0, down: 0 };
    return series.flatMap((one, place) => {
      const value = toNumber(one.values[index]);
      if (value === 0) return [];
      const side = value > 0 ? "up" : "down";
      const from = isStacked ? ends[side] : 0;
      ends[side] += value;
      const [top, bottom] = [scale.y(from + value), scale.y(from)].sort((a, b) => a - b) as [
        number,
        number,
      ];
      const x = scale.x(index) - room / 2 + (isStacked ? 0 : place * width);
      const faded = incompleteness(model, index) === null ? "" : ' opacity="0.45"';
      return [
        `<rect x="${round(x)}" y="${round(top)}" width="${round(width)}" height="${round(bottom - top)}" fill="${color(`--series-${one.color}`)}"${faded}/>`,
      ];
    });
  });
}

function axisLabels(model: ChartModel, scale: Scale, area: Area, fill: string): readonly string[] {
  const every = Math.max(1, Math.ceil(LABEL_WIDTH / scale.step));
  return model.labels.flatMap((label, index) =>
    (model.named ? model.named.includes(index) : index % every === 0)
      ? [text(label, scale.x(index), area.bottom + 18, { fill, "text-anchor": "middle" })]
      : [],
  );
}

function legend(model: ChartModel, y: number, color: SvgOptions["color"]): readonly string[] {
  let x = MARGIN;
  return model.series
    .filter(({ bound }) => bound !== "low")
    .flatMap((series) => {
      const name = series.bound ? (series.definition ?? series.name) : series.name;
      const mark = `<rect x="${round(x)}" y="${y - 8}" width="14" height="6" fill="${color(`--series-${series.color}`)}"${series.bound ? ' opacity="0.2"' : ""}/>`;
      const label = text(name, x + 20, y, { fill: color("--text-muted") });
      x += 36 + name.length * 6.4;
      return [mark, label];
    });
}
