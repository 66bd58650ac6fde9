import { describe, expect, it } from "vitest";
import {
  formatChange,
  formatCompact,
  formatExact,
  formatPoints,
  formatSigned,
  formatTile,
  type NumberStyle,
} from "./numberFormat.ts";

const money: NumberStyle = { unit: "money", currency: "USD" };
const count: NumberStyle = { unit: "count", currency: "USD" };
const ratio: NumberStyle = { unit: "ratio", currency: "USD" };

describe("formatExact keeps every cent", () => {
  it.each([
    ["1265793.0395", money, "$1,265,793.04"],
    ["90071992547409931.37", money, "$90,071,992,547,409,931.37"],
    ["-0.005", money, "−$0.01"],
    ["0", money, "$0.00"],
    ["830", count, "830"],
    ["2.5", count, "2.5"],
    ["0.12345", ratio, "12.35%"],
  ])("%s → %#", (value, style, expected) => {
    expect(formatExact(value, style)).toBe(expected);
  });
});

describe("formatCompact", () => {
  it.each([
    ["1500000000", money, "$1.5B"],
    ["-1500000000", money, "−$1.5B"],
    ["999", count, "999"],
    ["12345", count, "12.3K"],
    ["0.4567", ratio, "45.7%"],
  ])("%s → %#", (value, style, expected) => {
    expect(formatCompact(value, style)).toBe(expected);
  });
});

describe("formatTile", () => {
  it.each([
    ["small amounts keep their cents", "9999.99", money, "$9,999.99"],
    ["larger ones do not", "10000.49", money, "$10,000"],
    ["losses neither", "-41303.55", money, "−$41,304"],
    ["nine digits are shown", "126579304.40", money, "$126,579,304"],
    ["ten digits are abbreviated", "1265793040", money, "$1.27B"],
    ["losses are abbreviated too", "-2400000000.5", money, "−$2.4B"],
    ["counts follow the same rule", "1234567890", count, "1.23B"],
    ["counts of any size are whole", "51317", count, "51,317"],
  ])("%s", (_, value, style, expected) => {
    expect(formatTile(value, style)).toBe(expected);
  });
});

describe("formatChange", () => {
  it.each([
    ["0.1234", "+12.3%"],
    ["-0.0312", "−3.1%"],
    ["2.345", "+235%"],
    ["11", "×12"],
    ["0", "0%"],
  ])("%s → %s", (value, expected) => {
    expect(formatChange(value)).toBe(expected);
  });
});

describe("formatSigned", () => {
  it.each([
    ["1200", "+$1,200.00"],
    ["-35.1", "−$35.10"],
    ["0", "$0.00"],
  ])("%s → %s", (value, expected) => {
    expect(formatSigned(value, money)).toBe(expected);
  });
});

describe("formatPoints", () => {
  it.each([
    ["-0.0014", "−0.14 pp"],
    ["0.0837", "+8.37 pp"],
    ["0", "0 pp"],
    ["0.00001", "+<0.01 pp"],
  ])("%s is %s", (difference, text) => {
    expect(formatPoints(difference)).toBe(text);
  });
});

it("a change that would round to 0 is not shown as 0 %", () => {
  expect(formatChange("0.00027")).toBe("+<0.1%");
  expect(formatChange("-0.0004")).toBe("−<0.1%");
});
