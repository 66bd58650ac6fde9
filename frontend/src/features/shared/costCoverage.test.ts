import { describe, expect, it } from "vitest";
import { coverageText } from "./costCoverage.ts";

describe("coverageText", () => {
  it.each([
    [null, null],
    ["1", null],
    ["0", "no costs known"],
    ["0.62", "costs known for 62% of revenue; the rest counts as profit"],
    ["0.9999", "costs known for 99% of revenue; the rest counts as profit"],
    ["0.0001", "costs known for 1% of revenue; the rest counts as profit"],
  ])("says of %s: %s", (coverage, text) => {
    expect(coverageText(coverage)).toBe(text);
  });
});
