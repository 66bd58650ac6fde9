import { describe, expect, it } from "vitest";
import { chartSvg } from "./chartSvg.ts";
import type { ChartModel } from "./model.ts";
import { niceTicks } from "./ticks.ts";

const options = {
  width: 600,
  height: 300,
  lines: ["Revenue <over> time", "Currency: EUR"],
  color: (name: string) => `color${name}`,
  font: '"Inter", sans-serif',
};

const model: ChartModel = {
  kind: "line",
  labels: ["1", "2", "3", "4"],
  titles: ["Mon", "Tue", "Wed", "Thu"],
  series: [
    { id: "now", name: "Revenue", color: "current", values: ["10", "20", null, "40"] },
    { id: "low", name: "Lower", color: "3", bound: "low", values: [null, null, "5", "6"] },
    {
      id: "high",
      name: "Upper",
      definition: "80 % interval",
      color: "3",
      bound: "high",
      values: [null, null, "15", "16"],
    },
  ],
  unfinishedFrom: null,
  exact: (value) => value,
  compact: (value) => value,
};

function drawn(text: string): Document {
  const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
  expect(parsed.querySelector("parsererror")).toBeNull();
  return parsed;
}

describe("a chart as SVG", () => {
  it("is well-formed, with its title and what it is of", () => {
    const svg = drawn(chartSvg(model, options));
    expect(svg.querySelector("title")?.textContent).toBe("Revenue <over> time. Currency: EUR");
    const texts = [...svg.querySelectorAll("text")].map(({ textContent }) => textContent);
    expect(texts).toEqual(
      expect.arrayContaining(["Currency: EUR", "Revenue", "80 % interval", "40"]),
    );
  });

  it("has a gap where there is no value, a dot for a value alone, and an area between bounds", () => {
    const svg = drawn(chartSvg(model, options));
    expect(svg.querySelectorAll('line[stroke="color--series-current"]')).toHaveLength(1);
    expect(svg.querySelectorAll("circle")).toHaveLength(1);
    expect(svg.querySelector("polygon")?.getAttribute("points")?.split(" ")).toHaveLength(4);
  });

  it("stacks bars upon one another", () => {
    const series = ["a", "b"].map((id) => ({
      id,
      name: id,
      color: "current" as const,
      values: ["10", "20"],
    }));
    const stacked = { ...model, kind: "bar" as const, isStacked: true, labels: ["1", "2"], series };
    const rects = [...drawn(chartSvg(stacked, options)).querySelectorAll("rect[height]")].filter(
      (rect) =>
        rect.getAttribute("fill") === "color--series-current" &&
        Number(rect.getAttribute("height")) > 6,
    );
    const [first, second] = rects.map((rect) => ({
      top: Number(rect.getAttribute("y")),
      height: Number(rect.getAttribute("height")),
    }));
    expect(second && first && second.top + second.height).toBeCloseTo(first?.top ?? 0, 0);
  });
});

describe("ticks", () => {
  it.each([
    [0, 100, [0, 20, 40, 60, 80, 100]],
    [-30, 70, [-40, -20, 0, 20, 40, 60, 80]],
    [0, 0, [0, 0.2]],
    [0, 0.3, [0, 0.1, 0.2, 0.3]],
  ])("from %d to %d are round and hold both", (low, high, expected) => {
    const ticks = niceTicks(low, high);
    expect(ticks[0]).toBeLessThanOrEqual(low);
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(high);
    if (high === 100 || low < 0) expect(ticks).toEqual(expected);
  });
});
