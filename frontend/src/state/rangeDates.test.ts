import { describe, expect, it } from "vitest";
import { comparisonStart, monthsOf, rangeDates, suits } from "./rangeDates.ts";
import type { ComparisonChoice } from "./view.ts";

const CALENDAR = {
  // A Sunday.
  today: "2026-11-29",
  weekStart: 1,
  sales: { from: "2009-12-01", to: "2011-12-09" },
};

describe("rangeDates", () => {
  it.each([
    ["today", "2026-11-29", "2026-11-29"],
    ["yesterday", "2026-11-28", "2026-11-28"],
    ["7d", "2026-11-22", "2026-11-28"],
    ["28d", "2026-11-01", "2026-11-28"],
    ["91d", "2026-08-30", "2026-11-28"],
    ["12m", "2025-11-01", "2026-10-31"],
    ["wtd", "2026-11-23", "2026-11-29"],
    ["last-week", "2026-11-16", "2026-11-22"],
    ["mtd", "2026-11-01", "2026-11-29"],
    ["last-month", "2026-10-01", "2026-10-31"],
    ["qtd", "2026-10-01", "2026-11-29"],
    ["last-quarter", "2026-07-01", "2026-09-30"],
    ["ytd", "2026-01-01", "2026-11-29"],
    ["last-year", "2025-01-01", "2025-12-31"],
    ["all", "2009-12-01", "2011-12-09"],
  ] as const)("%s is %s to %s", (range, from, to) => {
    expect(rangeDates(range, CALENDAR)).toEqual({ from, to });
  });
});

describe("comparisonStart", () => {
  const previous: ComparisonChoice = { to: "previous", matchWeekdays: true };
  const year: ComparisonChoice = { to: "year", matchWeekdays: true };
  it.each([
    ["28d", previous, "2026-10-04"],
    ["yesterday", previous, "2026-11-21"],
    ["yesterday", { ...previous, matchWeekdays: false }, "2026-11-27"],
    ["wtd", previous, "2026-11-16"],
    ["mtd", previous, "2026-10-01"],
    ["mtd", year, "2025-11-01"],
    ["12m", previous, "2024-11-01"],
    ["28d", year, "2025-11-02"],
    ["28d", { ...year, matchWeekdays: false }, "2025-11-01"],
    ["all", previous, null],
    ["28d", { ...previous, to: "off" }, null],
  ] as const)("of %s with %o is %s", (range, comparison, start) => {
    expect(comparisonStart(range, comparison, CALENDAR)).toBe(start);
  });
});

describe("monthsOf", () => {
  it.each([
    [{ from: "2026-02-01", to: "2026-03-31" }, 2],
    [{ from: "2026-02-01", to: "2026-03-30" }, 0],
    ["28d", 0],
    ["qtd", 3],
  ] as const)("of %o is %d", (range, months) => {
    expect(monthsOf(range)).toBe(months);
  });
});

describe("suits", () => {
  it.each([
    ["HOUR", { from: "2026-01-01", to: "2026-01-14" }, true],
    ["HOUR", { from: "2025-11-01", to: "2026-10-31" }, false],
    ["WEEK", { from: "2026-01-01", to: "2026-01-07" }, false],
    ["WEEK", { from: "2026-01-01", to: "2026-01-08" }, true],
  ] as const)("%s for %o: %s", (granularity, dates, expected) => {
    expect(suits(granularity, dates)).toBe(expected);
  });
});
