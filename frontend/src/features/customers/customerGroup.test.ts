import { describe, expect, it } from "vitest";
import { cohortGroup, parseGroup, scoresGroup, segmentGroup } from "./customerGroup.ts";

describe("parseGroup", () => {
  it("reads a segment", () => {
    expect(parseGroup(segmentGroup("AT_RISK"))).toEqual({
      input: { segment: "AT_RISK" },
      title: "At risk",
    });
  });

  it("reads a pair of scores", () => {
    expect(parseGroup(scoresGroup(5, 1))?.input).toEqual({ scores: { recency: 5, frequency: 1 } });
  });

  it("reads a cell of the cohorts", () => {
    expect(parseGroup(cohortGroup("MONTH", "2011-01-01", 3))).toEqual({
      input: { cohort: { granularity: "MONTH", start: "2011-01-01", period: 3 } },
      title: "First order in Jan 2011, and an order 3 months later",
    });
  });

  it.each([
    null,
    "",
    "segment",
    "segment-a-b",
    "scores-6-1",
    "scores-1",
    "month-2011-02-30-1",
    "month-2011-01-01",
    "month-2011-01-01-x",
    "day-2011-01-01-1",
  ])("refuses %j", (text) => {
    expect(parseGroup(text)).toBeNull();
  });
});
