import { describe, expect, it } from "vitest";
import { parseView } from "../../state/view.ts";
import { areaVariables } from "./variables.ts";

describe("areaVariables", () => {
  it("asks by preset, so that the server decides what now is", () => {
    expect(areaVariables(parseView("?range=28d&compare=previous", {}))).toEqual({
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
    expect(areaVariables(parseView(`?compare=${text}`, {})).comparison).toEqual(expected);
  });

  it("sends only the filters that are chosen", () => {
    const { filters } = areaVariables(parseView("?rep=r1,r2&segment=LOYAL", {}));
    expect(filters).toEqual({
      categories: null,
      products: null,
      segments: ["LOYAL"],
      reps: ["r1", "r2"],
      regions: null,
      channels: null,
    });
  });
});
