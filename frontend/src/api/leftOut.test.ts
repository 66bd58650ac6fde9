import { describe, expect, it } from "vitest";
import { needsRate, parseLeftOut } from "./leftOut.ts";
import { leftOutText } from "./leftOutText.ts";

const XXX = {
  of: "sales",
  currency: "XXX",
  lines: 2,
  gross: "20",
  amount: "18.5",
  cost: "0",
  command: "shopx rates set XXX 2026-03-01 RATE",
} as const;

describe("amounts that are left out", () => {
  it("are named with their number and revenue", () => {
    expect(leftOutText(XXX)).toBe(
      "Without 2 sale lines in XXX (revenue 18.5 XXX): no exchange rate is known for their day.",
    );
  });

  it("ask for no rate where they net to nothing", () => {
    const returned = { ...XXX, amount: "0" };
    expect(needsRate(returned)).toBe(false);
    expect(leftOutText(returned)).toContain("all of which was returned");
  });

  it("are shown once for each currency, with the widest period", () => {
    expect(parseLeftOut([XXX, { ...XXX, lines: 9 }, { ...XXX, lines: 1 }])).toEqual([
      { ...XXX, lines: 9 },
    ]);
    expect(parseLeftOut(undefined)).toEqual([]);
  });

  it.each([[{}], [[{ ...XXX, amount: 18.5 }]], [[null]], ["XXX"]])(
    "stop the page where it cannot name them: %j",
    (value) => {
      expect(() => parseLeftOut(value)).toThrow("cannot name");
    },
  );
});
