import { describe, expect, it } from "vitest";
import { leftOut, marginHeadline } from "./MarginPanel.tsx";
import { paretoHeadline, paretoModel } from "./ParetoPanel.tsx";

const curve = {
  dimension: "PRODUCT",
  metric: "REVENUE",
  members: 10,
  classA: 2,
  classB: 3,
  membersBelow: 1,
  counts: [0, 2, 5, 10],
  shares: ["0", "0.81", "0.95", "1"],
} as const;

describe("a Pareto curve", () => {
  const given = { ...curve, counts: [...curve.counts], shares: [...curve.shares] };

  it("marks the ends of the classes", () => {
    const { marks, titles } = paretoModel(given, "Revenue", "USD");
    expect(marks).toEqual([
      null,
      "Class A ends: 2 products make 81.0%",
      "Class B ends: 5 products make 95.0%",
      null,
    ]);
    expect(titles[1]).toBe("Best 2 products (20%)");
    expect(paretoHeadline(given)).toBe(
      "2 products of 10 (20%) make the first 80%, 3 more up to 95%",
    );
  });

  it("is empty where nothing is above 0", () => {
    const none = { ...given, classA: 0, classB: 0, shares: [null, null, null, null] };
    expect(paretoModel(none, "Revenue", "USD").labels).toEqual([]);
    expect(paretoHeadline(none)).toBeNull();
  });
});

describe("the lines of a drawing of margins", () => {
  const lines = {
    margin: "0.27",
    typicalVolume: "2439",
    points: Array.from({ length: 200 }),
    others: 0,
  } as unknown as Parameters<typeof marginHeadline>[0];

  const revenue = { title: "Revenue", style: { unit: "money", currency: "USD" } } as const;

  it("are of all products whose margin is known, also where the best alone are drawn", () => {
    expect(marginHeadline(lines, revenue)).toBe(
      "Lines of the 200 products whose margin is known: their margin together, 27.0%, and their median revenue, $2,439.00",
    );
    expect(marginHeadline({ ...lines, others: 600 }, revenue)).toBe(
      "The 200 products with the highest revenue are drawn. Lines of the 800 products whose margin is known: their margin together, 27.0%, and their median revenue, $2,439.00",
    );
  });

  it("are not told where there are none", () => {
    expect(marginHeadline({ ...lines, typicalVolume: null }, revenue)).toBeNull();
  });
});

describe("what a drawing of margins lacks", () => {
  it("is counted", () => {
    expect(leftOut({ others: 0, withoutCost: 0, withoutRevenue: 0 })).toBeNull();
    expect(leftOut({ others: 1, withoutCost: 12, withoutRevenue: 0 })).toBe(
      "Not drawn: 1 product with less volume and 12 products without a known cost.",
    );
  });
});
