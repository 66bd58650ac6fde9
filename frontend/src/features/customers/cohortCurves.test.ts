import { describe, expect, it } from "vitest";
import { cohortCurves } from "./cohortCurves.ts";

const cohort = (start: string, ratios: readonly (string | null)[], partialFrom: number | null) => ({
  start,
  size: 10,
  values: ratios.map(() => "1"),
  ratios: [...ratios],
  partialFrom,
});

describe("curves of cohorts", () => {
  it("leave out what is not complete, and cohorts too young for a curve", () => {
    const model = cohortCurves({
      granularity: "MONTH",
      asOf: null,
      cohorts: [
        cohort("2026-01-01", ["1", "0.5", "0.4", "0.1"], 3),
        cohort("2026-03-01", ["1", "0.6", null, null], 1),
      ],
      averageRetention: ["1", "0.5", "0.4"],
    });
    expect(model.series.map(({ name, values }) => [name, values])).toEqual([
      ["All cohorts shown", ["1", "0.5", "0.4"]],
      ["Jan 2026", ["1", "0.5", "0.4"]],
    ]);
    expect(model.titles).toEqual([
      "The month of the first order",
      "1 month later",
      "2 months later",
    ]);
  });
});
