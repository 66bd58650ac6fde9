import { describe, expect, it } from "vitest";
import { shortName, spread } from "./endLabels.ts";

describe("names at the ends of lines", () => {
  it("stay where they are while they do not overlap", () => {
    expect(spread([10, 40, 80], 200)).toEqual([10, 40, 80]);
  });

  it("move apart in their order, and not below the chart", () => {
    const placed = spread([100, 98, 99], 100);
    expect(placed.every((y) => y <= 100)).toBe(true);
    const [first = 0, second = 0, third = 0] = placed;
    expect(third - second).toBeGreaterThanOrEqual(14);
    expect(first - third).toBeGreaterThanOrEqual(14);
  });

  it("are cut where they are long", () => {
    expect(shortName("Tea")).toBe("Tea");
    expect(shortName("A name that is far too long")).toBe("A name that is far…");
  });
});
