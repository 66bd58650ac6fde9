import { describe, expect, it } from "vitest";
import { type ChartModel, pointSummary } from "./model.ts";
import { summarize } from "./summary.ts";

function model(changes: Partial<ChartModel> = {}): ChartModel {
  return {
    kind: "line",
    labels: ["1", "2", "3", "4"],
    titles: ["Mon", "Tue", "Wed", "Thu"],
    series: [
      { id: "now", name: "Revenue", color: "current", values: ["10.50", "30", "20", "1"] },
      {
        id: "then",
        name: "Previous period",
        color: "previous",
        values: ["9", null, "8", "7"],
        titles: ["Mon before", null, "Wed before", "Thu before"],
        isBackground: true,
      },
    ],
    unfinishedFrom: null,
    exact: (value) => `$${value}`,
    compact: (value) => `$${value}`,
    ...changes,
  };
}

describe("summarize", () => {
  it("names the first, last, highest and lowest exact value", () => {
    expect(summarize(model())).toBe(
      "Revenue goes from $10.50 (Mon) to $1 (Thu). Highest $30 (Tue), lowest $1 (Thu).",
    );
  });

  it("leaves out an unfinished point and says so", () => {
    expect(summarize(model({ unfinishedFrom: 3 }))).toBe(
      "Revenue goes from $10.50 (Mon) to $20 (Wed). Highest $30 (Tue), lowest $10.50 (Mon). " +
        "Thu is not complete yet and is left out of this summary.",
    );
  });

  it("leaves out a truncated point and says so", () => {
    expect(summarize(model({ truncated: [0] }))).toBe(
      "Revenue goes from $30 (Tue) to $1 (Thu). Highest $30 (Tue), lowest $1 (Thu). " +
        "Mon is only partly in the range and is left out of this summary.",
    );
  });

  it("says that a chart without points is empty", () => {
    expect(summarize(model({ titles: [], labels: [] }))).toBe("The chart is empty.");
  });

  it("says that no point is complete", () => {
    expect(summarize(model({ unfinishedFrom: 0 }))).toBe(
      "Revenue has no complete value in this period.",
    );
  });
});

describe("pointSummary", () => {
  it("names each series, the earlier date and what is missing", () => {
    expect(pointSummary(model(), 1)).toBe("Tue: Revenue $30, Previous period –");
    expect(pointSummary(model({ unfinishedFrom: 2 }), 2)).toBe(
      "Wed (not complete yet): Revenue $20, Previous period (Wed before) $8",
    );
  });
});
