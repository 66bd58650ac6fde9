import { describe, expect, it } from "vitest";
import { isPastRange, mustMove, PAST_RANGE_INTERVAL_MS } from "./useLiveUpdates.ts";

describe("isPastRange", () => {
  it.each([
    ["yesterday", true],
    ["28d", true],
    ["12m", true],
    ["last-quarter", true],
    ["today", false],
    ["mtd", false],
    ["all", false],
    [{ from: "2024-01-01", to: "2024-05-31" }, true],
    [{ from: "2024-01-01", to: "2024-06-01" }, false],
  ] as const)("%o: %s", (range, expected) => {
    expect(isPastRange(range, "2024-06-01")).toBe(expected);
  });
});

describe("mustMove", () => {
  const same = { importKnown: "2024-06-01T10:00:00Z", importThere: "2024-06-01T10:00:00Z" };
  const later = { ...same, importThere: "2024-06-01T10:00:07Z" };

  it.each([
    ["a running range at each tick", { isPast: false, sinceMove: 0, ...same }, true],
    ["a past range not at each tick", { isPast: true, sinceMove: 5000, ...same }, false],
    ["a past range with an import at once", { isPast: true, sinceMove: 5000, ...later }, true],
    ["the first import", { isPast: true, sinceMove: 0, ...later, importKnown: null }, true],
    [
      "a past range after a while, for corrections",
      { isPast: true, sinceMove: PAST_RANGE_INTERVAL_MS, ...same },
      true,
    ],
  ])("moves %s", (_, newest, expected) => {
    expect(mustMove(newest)).toBe(expected);
  });
});
