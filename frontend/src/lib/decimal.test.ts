import { describe, expect, it } from "vitest";
import { compareDecimals, isZero, negate, sum } from "./decimal.ts";

describe("isZero", () => {
  it.each([
    ["0", true],
    ["-0.000", true],
    ["0E-10", true],
    ["0.0001", false],
  ])("%s → %s", (value, expected) => {
    expect(isZero(value)).toBe(expected);
  });
});

describe("negate", () => {
  it("changes the sign and nothing else", () => {
    expect(["1265793.0375", "-0.10", "0.00"].map(negate)).toEqual([
      "-1265793.0375",
      "0.10",
      "0.00",
    ]);
  });
});

describe("compareDecimals", () => {
  it.each([
    ["distinguishes what a double cannot", "90071992547409931.37", "90071992547409931.36", 1],
    ["puts no value first", null, "-5", -1],
    ["ignores trailing zeros", "1.50", "1.5", 0],
    ["orders negatives", "-2", "-1", -1],
  ])("%s", (_, left, right, expected) => {
    expect(Math.sign(compareDecimals(left, right))).toBe(expected);
  });
});

it.each([
  [["0.1", "0.2"], "0.3"],
  [["90071992547409931.36", "0.004", "-0.364"], "90071992547409931.000"],
  [["-12.50", "12.5"], "0.00"],
  [["-0.25"], "-0.25"],
  [[], "0"],
])("the sum of %o is %s", (values, total) => {
  expect(sum(values)).toBe(total);
});
