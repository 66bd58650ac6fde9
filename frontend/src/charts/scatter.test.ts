import { describe, expect, it } from "vitest";
import { type ScatterModel, scatterScale } from "./scatter.ts";

const area = { start: 0, end: 100, top: 0, bottom: 100 };

function model(points: readonly (readonly [number, number])[]): ScatterModel {
  return {
    points: points.map(([x, y]) => ({ id: `${x}`, x, y, text: "" })),
    lines: { x: null, y: null },
    quadrants: ["a", "b", "c", "d"],
    xTitle: "Revenue",
    formatX: String,
    formatY: String,
    hint: "",
    onOpen: () => undefined,
  };
}

describe("the axes of a scatter plot", () => {
  it("have equal steps where values are alike", () => {
    const { x, xTicks } = scatterScale(
      model([
        [10, 0.1],
        [40, 0.2],
      ]),
      area,
    );
    expect(x(20) - x(10)).toBeCloseTo(x(40) - x(30));
    expect(xTicks[0]?.text).toBe("0");
  });

  it("have powers of ten where values differ much", () => {
    const { x, xTicks } = scatterScale(
      model([
        [1, 0.1],
        [1000, 0.2],
      ]),
      area,
    );
    expect(x(10) - x(1)).toBeCloseTo(x(1000) - x(100));
    expect(xTicks.map(({ text }) => text)).toEqual(["1", "10", "100", "1000"]);
  });

  it("begin near the lowest and end near the highest value", () => {
    const { x, xTicks } = scatterScale(
      model([
        [700, 0.1],
        [40_000, 0.2],
      ]),
      area,
    );
    expect(xTicks.map(({ text }) => text)).toEqual([
      "500",
      "1000",
      "2000",
      "5000",
      "10000",
      "20000",
      "50000",
    ]);
    expect(x(500)).toBeCloseTo(area.start);
    expect(x(50_000)).toBeCloseTo(area.end);
  });

  it("keep a large loss at the edge, and every point inside", () => {
    const points = [
      [5, -40],
      [-20, 0.4],
    ] as const;
    const { x, y } = scatterScale(model(points), area);
    expect(y(-40)).toBe(y(-0.5));
    for (const [px, py] of points) {
      expect(x(px)).toBeGreaterThanOrEqual(0);
      expect(x(px)).toBeLessThanOrEqual(100);
      expect(y(py)).toBeGreaterThanOrEqual(0);
      expect(y(py)).toBeLessThanOrEqual(100);
    }
  });
});
