import { describe, expect, it } from "vitest";
import { isPastRange } from "./useLiveUpdates.ts";

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
