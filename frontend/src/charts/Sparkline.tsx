import { type Decimal, toNumber } from "../lib/decimal.ts";

export interface SparklineProps {
  readonly values: readonly (Decimal | null)[];
  /** Indexes of the points that stand for less than a whole unit of time. */
  readonly partial: readonly number[];
}

const WIDTH = 120;
const HEIGHT = 28;
const PADDING = 2;

/** A small line chart without axes. Hidden from screen readers: its tile has the numbers. */
export function Sparkline({ values, partial }: SparklineProps) {
  const points = sparklinePoints(values);
  const segments = sparklineSegments(points, partial);
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width="100%"
      height={HEIGHT}
      preserveAspectRatio="none"
      data-mirrored
      aria-hidden="true"
      focusable="false"
    >
      <path d={path(segments.solid)} {...stroke} />
      <path d={path(segments.dashed)} {...stroke} strokeDasharray="3 3" />
    </svg>
  );
}

const stroke = {
  fill: "none",
  stroke: "var(--series-current)",
  strokeWidth: 1.5,
  vectorEffect: "non-scaling-stroke",
} as const;

interface Point {
  readonly index: number;
  readonly x: number;
  readonly y: number;
}

/** Scales the values into the view box; the lowest is at the bottom, also when it is not 0. */
export function sparklinePoints(values: readonly (Decimal | null)[]): readonly Point[] {
  const numbers = values.flatMap((value) => (value === null ? [] : [toNumber(value)]));
  const low = Math.min(...numbers);
  const range = Math.max(...numbers) - low;
  const step = values.length > 1 ? (WIDTH - 2 * PADDING) / (values.length - 1) : 0;
  return values.flatMap((value, index) => {
    if (value === null) return [];
    const level = range === 0 ? 0.5 : (toNumber(value) - low) / range;
    return [
      { index, x: PADDING + index * step, y: PADDING + (1 - level) * (HEIGHT - 2 * PADDING) },
    ];
  });
}

type Segment = readonly [Point, Point];

/** The lines between neighbours; those that begin or end at a partial point are dashed. */
export function sparklineSegments(
  points: readonly Point[],
  partial: readonly number[],
): { readonly solid: readonly Segment[]; readonly dashed: readonly Segment[] } {
  const solid: Segment[] = [];
  const dashed: Segment[] = [];
  for (const [place, to] of points.entries()) {
    const from = points[place - 1];
    if (from === undefined || to.index !== from.index + 1) continue;
    const isWhole = !(partial.includes(from.index) || partial.includes(to.index));
    (isWhole ? solid : dashed).push([from, to]);
  }
  return { solid, dashed };
}

function path(segments: readonly Segment[]): string {
  const place = ({ x, y }: Point) => `${x.toFixed(1)},${y.toFixed(1)}`;
  let last: Point | undefined;
  return segments
    .map(([from, to]) => {
      const text = from === last ? `L${place(to)}` : `M${place(from)}L${place(to)}`;
      last = to;
      return text;
    })
    .join("");
}
