import { describe, expect, it } from "vitest";
import type { ScatterModel } from "./scatter.ts";
import { scatterSvg } from "./scatterSvg.ts";

const model: ScatterModel = {
  points: [
    { id: "a", x: 10, y: 0.4, text: "A" },
    { id: "b", x: 40, y: 0.1, text: "B" },
  ],
  lines: { x: 20, y: 0.3 },
  quadrants: ["little, much", "much, much", "little, little", "much, little"],
  xTitle: "Revenue",
  formatX: (value) => `${value} £`,
  formatY: (value) => `${value * 100} %`,
  hint: "",
  onOpen: () => undefined,
};

describe("a scatter plot as SVG", () => {
  const parsed = new DOMParser().parseFromString(
    scatterSvg(model, {
      width: 600,
      height: 300,
      lines: ["Margin & volume", "Currency: GBP"],
      color: (name) => name,
      font: '"Inter", sans-serif',
    }),
    "image/svg+xml",
  );

  it("is well-formed, with its title, its axes and the names of its quadrants", () => {
    expect(parsed.querySelector("parsererror")).toBeNull();
    expect(parsed.querySelector("title")?.textContent).toBe("Margin & volume. Currency: GBP");
    const texts = [...parsed.querySelectorAll("text")].map(({ textContent }) => textContent);
    expect(texts).toEqual(expect.arrayContaining(["Revenue", "40 £", "much, little"]));
  });

  it("has a point for each row, in another colour below the line, inside of the drawing", () => {
    const points = [...parsed.querySelectorAll("circle")];
    expect(points.map((point) => point.getAttribute("fill"))).toEqual([
      "--series-current",
      "--series-3",
    ]);
    const size = (name: string) => Number(parsed.documentElement.getAttribute(name));
    for (const point of points) {
      expect(Number(point.getAttribute("cx"))).toBeLessThan(size("width"));
      expect(Number(point.getAttribute("cy"))).toBeLessThan(size("height"));
    }
  });
});
