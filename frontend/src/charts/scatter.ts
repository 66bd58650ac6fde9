/** Where the points of a scatter plot are drawn. */
import { niceTicks } from "./ticks.ts";

interface ScatterPoint {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  /** The point in words. */
  readonly text: string;
}

export interface ScatterModel {
  readonly points: readonly ScatterPoint[];
  /** Where the quadrants meet; `null` without a line. */
  readonly lines: { readonly x: number | null; readonly y: number | null };
  /** Names from the upper left to the lower right. */
  readonly quadrants: readonly [string, string, string, string];
  readonly xTitle: string;
  /** Short texts of values on the axes. */
  readonly formatX: (value: number) => string;
  readonly formatY: (value: number) => string;
  /** What is said while no point is looked at. */
  readonly hint: string;
  readonly onOpen: (index: number) => void;
}

interface Area {
  /** Where the lowest x is; right of `end` where text runs to the left. */
  readonly start: number;
  readonly end: number;
  readonly top: number;
  readonly bottom: number;
}

interface Tick {
  /** Pixels. */
  readonly at: number;
  readonly text: string;
}

interface ScatterScale {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
}

/** From where on values differ too much for an axis of equal steps. */
const LOGARITHMIC_FROM = 50;
/** Values below are drawn at the lower edge: one large loss would press all others together. */
const LOWEST = -0.5;

/** The axes; x in powers of ten where the values differ much, y cut at `LOWEST`. */
export function scatterScale(
  { points, lines, formatX, formatY }: ScatterModel,
  area: Area,
): ScatterScale {
  const xs = [...points.map(({ x }) => x), ...(lines.x === null ? [] : [lines.x])];
  const ys = [
    ...points.map(({ y }) => Math.max(LOWEST, y)),
    ...(lines.y === null ? [] : [lines.y]),
  ];
  const [low, high] = [Math.min(...xs), Math.max(...xs)];
  const isLogarithmic = low > 0 && high / low >= LOGARITHMIC_FROM;
  const edges = isLogarithmic ? roundSteps(low, high) : niceTicks(Math.min(0, low), high);
  const xTicks = isLogarithmic ? namedSteps(edges) : edges;
  const yTicks = niceTicks(Math.min(0, ...ys), Math.max(0, ...ys));
  const warp = isLogarithmic ? Math.log10 : (value: number) => value;
  const x = between(warp(edges[0] ?? 0), warp(edges.at(-1) ?? 1), area.start, area.end);
  const y = between(yTicks[0] ?? 0, yTicks.at(-1) ?? 1, area.bottom, area.top);
  return {
    x: (value) => x(warp(value)),
    y: (value) => y(Math.max(LOWEST, value)),
    xTicks: xTicks.map((value) => ({ at: x(warp(value)), text: formatX(value) })),
    yTicks: yTicks.map((value) => ({ at: y(value), text: formatY(value) })),
  };
}

/** 1, 2 and 5 times powers of ten, from the last below the lowest to the first above the highest. */
function roundSteps(low: number, high: number): readonly number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const steps = Array.from({ length: last - first + 1 }, (_, index) =>
    [1, 2, 5].map((factor) => Number((factor * 10 ** (first + index)).toPrecision(1))),
  ).flat();
  const below = steps.findLastIndex((step) => step <= low);
  return steps.slice(Math.max(0, below), steps.findIndex((step) => step >= high) + 1);
}

/** A logarithmic axis has room for these; more are named by their powers of ten. */
const MAX_STEPS = 7;

function namedSteps(steps: readonly number[]): readonly number[] {
  return steps.length <= MAX_STEPS
    ? steps
    : steps.filter((step) => Number.isInteger(Math.log10(step)));
}

function between(low: number, high: number, from: number, to: number) {
  return (value: number) => from + ((value - low) / (high - low || 1)) * (to - from);
}
