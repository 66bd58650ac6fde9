import { describe, expect, it } from "vitest";
import { type ChartPalette, chartConfig } from "./config.ts";
import { type ChartModel, pointNotes, pointSummary } from "./model.ts";
import { nextPoint } from "./points.ts";
import { sparklinePoints } from "./Sparkline.tsx";

const palette: ChartPalette = { color: (name) => `#${name.length}`, font: "sans" };

const model: ChartModel = {
  kind: "line",
  labels: ["1", "2", "3"],
  titles: ["Mon", "Tue", "Wed"],
  series: [
    { id: "now", name: "Revenue", color: "current", values: ["1.10", null, "3.30"] },
    {
      id: "then",
      name: "Compared period",
      color: "previous",
      values: ["1", "2", "3"],
      isBackground: true,
    },
  ],
  unfinishedFrom: 2,
  exact: (value) => `$${value}`,
  compact: (value) => `~${value}`,
};

function segmentDash(dataset: number, p1DataIndex: number, shown = model): unknown {
  const line = chartConfig(shown, palette).data.datasets[dataset] as unknown as {
    readonly segment: {
      readonly borderDash: (context: { p0DataIndex: number; p1DataIndex: number }) => unknown;
    };
  };
  return line.segment.borderDash({ p0DataIndex: p1DataIndex - 1, p1DataIndex });
}

describe("chartConfig", () => {
  it("dashes only the segment before the unfinished point", () => {
    expect([1, 2].map((index) => segmentDash(0, index))).toEqual([undefined, [5, 4]]);
  });

  it("dashes the segment after a truncated point", () => {
    const truncated = { ...model, unfinishedFrom: null, truncated: [0] };
    expect([1, 2].map((index) => segmentDash(0, index, truncated))).toEqual([[5, 4], undefined]);
  });

  it("never dashes the compared period", () => {
    expect(segmentDash(1, 2)).toBeUndefined();
  });

  it("leaves a gap, not a zero, where there is no value", () => {
    expect(chartConfig(model, palette).data.datasets[0]?.data).toEqual([1.1, null, 3.3]);
  });

  it("dashes estimates, and draws an area up to their bounds", () => {
    const estimate = { color: "3", values: ["1", "2", "3"], isEstimate: true } as const;
    const series = [
      { ...estimate, id: "expected", name: "Expected" },
      { ...estimate, id: "low", name: "At least", bound: "low" },
      { ...estimate, id: "high", name: "At most", bound: "high" },
    ] as const;
    const shown = { ...model, unfinishedFrom: null, series };
    expect(segmentDash(0, 1, shown)).toEqual([5, 4]);
    const [, low, high] = chartConfig(shown, palette).data.datasets;
    expect([low, high].map((set) => set && "fill" in set && set.fill)).toEqual([false, "-1"]);
  });

  it("makes unfinished bars pale", () => {
    const bars = chartConfig({ ...model, kind: "bar" }, palette).data.datasets[0];
    expect(bars?.backgroundColor).toEqual(["#16", "#16", "#1673"]);
  });
});

describe("nextPoint walks a chart with keys", () => {
  it.each([
    ["ArrowRight", null, 0],
    ["ArrowRight", 2, 2],
    ["ArrowLeft", null, 2],
    ["ArrowLeft", 1, 0],
    ["Home", 1, 0],
    ["End", 1, 2],
    ["x", 1, undefined],
  ])("%s from %s", (key, current, expected) => {
    expect(nextPoint(key, current, 2)).toBe(expected);
  });
});

describe("sparklinePoints", () => {
  it("puts the lowest at the bottom and leaves gaps out", () => {
    const points = sparklinePoints(["5", null, "15"]);
    expect(points.map(({ index }) => index)).toEqual([0, 2]);
    expect((points[0]?.y ?? 0) > (points[1]?.y ?? 0)).toBe(true);
  });

  it("draws a constant in the middle", () => {
    expect(sparklinePoints(["3", "3"]).map(({ y }) => y)).toEqual([14, 14]);
  });
});

describe("a point in words", () => {
  const compared = { ...model, change: (now: string, before: string) => `Δ ${now} to ${before}` };

  it("has the change of complete points alone", () => {
    expect(pointSummary(compared, 0)).toBe("Mon: Revenue $1.10, Compared period $1. Δ 1.10 to 1");
    expect(pointNotes(compared, 1)).toEqual([]);
    expect(pointNotes(compared, 2)).toEqual(["not complete yet"]);
  });

  it("rounds estimates", () => {
    const [now] = model.series;
    const estimates = { ...model, series: now ? [{ ...now, isEstimate: true }] : [] };
    expect(pointSummary(estimates, 0)).toBe("Mon: Revenue about ~1.10");
  });
});
