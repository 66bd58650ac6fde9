import { describe, expect, it } from "vitest";
import { parseView } from "../../state/view.ts";
import { viewVariables } from "./viewVariables.ts";

describe("viewVariables", () => {
  it("sends presets by name, so that the server resolves them", () => {
    expect(viewVariables(parseView("?range=28d&compare=previous", {}))).toEqual({
      period: { preset: "LAST_28_DAYS" },
      comparison: { mode: "PREVIOUS_PERIOD", matchWeekdays: true },
      zone: null,
      filters: null,
    });
  });

  it.each([
    ["off", null],
    ["year-dates", { mode: "YEAR_OVER_YEAR", matchWeekdays: false }],
    ["2023-01-01..2023-01-31", { mode: "CUSTOM", days: { from: "2023-01-01", to: "2023-01-31" } }],
  ])("compares with %s", (text, expected) => {
    expect(viewVariables(parseView(`?compare=${text}`, {})).comparison).toEqual(expected);
  });

  it("sends only the filters that are selected", () => {
    const { filters } = viewVariables(parseView("?rep=r1,r2&segment=LOYAL", {}));
    expect(filters).toEqual({
      categories: null,
      products: null,
      customers: null,
      segments: ["LOYAL"],
      reps: ["r1", "r2"],
      regions: null,
      channels: null,
    });
  });
});
