import { type Decimal, toNumber } from "../lib/decimal.ts";

export interface SparklineProps {
  readonly values: readonly (Decimal | null)[];
  readonly unfinishedFrom: number | null;
}

const WIDTH = 120;
const HEIGHT = 28;
const PADDING = 2;

/** A small line chart without axes. Hidden from screen readers: its tile has the numbers. */
export function Sparkline({ values, unfinishedFrom }: SparklineProps) {
  const points = sparklinePoints(values);
  const split = unfinishedFrom ?? values.length;
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width="100%"
      height={HEIGHT}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      <polyline points={path(points, 0, split)} {...stroke} />
      <polyline points={path(points, split - 1, values.length)} {...stroke} strokeDasharray="3 3" />
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

function path(points: readonly Point[], from: number, to: number): string {
  return points
    .filter(({ index }) => index >= from && index < to)
    .map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`)
    .join(" ");
}
