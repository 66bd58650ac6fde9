import { describe, expect, it } from "vitest";
import { formatAmong, formatInTable, placesOf } from "./columnFormat.ts";
import type { NumberStyle } from "./numberFormat.ts";

const MONEY: NumberStyle = { unit: "money", currency: "GBP" };
const YEN: NumberStyle = { unit: "money", currency: "JPY" };
const COUNT: NumberStyle = { unit: "count", currency: "GBP" };
const RATIO: NumberStyle = { unit: "ratio", currency: "GBP" };

describe("amounts of one column", () => {
  it.each([
    ["small ones have cents", MONEY, ["1.5", "900", null], ["£1.50", "£900.00"]],
    ["beside a large one none has", MONEY, ["1.5", "-10000", "7.456"], ["£2", "−£10,000", "£7"]],
    ["none is abbreviated", MONEY, ["1234567890.12", "1"], ["£1,234,567,890", "£1"]],
    ["a currency keeps its own places", YEN, ["1500", "3"], ["¥1,500", "¥3"]],
    ["counts have the decimals of one", COUNT, ["2.5", "3", "1.256"], ["2.50", "3.00", "1.26"]],
    ["whole counts have none", COUNT, ["1234", "5.001"], ["1,234", "5"]],
    ["shares have the decimals of one", RATIO, ["0.123", "0.12345"], ["12.30%", "12.35%"]],
  ] as const)("%s", (_, style, values, texts) => {
    const known = values.filter((value) => value !== null);
    expect(known.map((value) => formatAmong(value, style, values))).toEqual(texts);
  });

  it("have one number of decimals, whatever they are", () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const values = Array.from({ length: 6 }, (_, n) =>
        (Math.sin(seed * 7 + n * 13) * 10 ** (((seed + n) % 7) - 1)).toFixed((seed * n) % 5),
      );
      for (const style of [MONEY, COUNT, RATIO]) {
        const places = values.map(
          (value) => /\.(\d+)/.exec(formatAmong(value, style, values))?.[1]?.length ?? 0,
        );
        expect(new Set(places).size, `${style.unit}: ${values.join(" ")}`).toBe(1);
      }
    }
  });

  it("have no decimals where there are no values", () => {
    expect(placesOf([null], "ratio")).toBe(0);
  });
});

describe("values of a chart's table", () => {
  it("are exact, and estimates without cents", () => {
    const values = ["123456.78", "1"];
    expect(formatInTable("123456.78", MONEY, values, false)).toBe("£123,456.78");
    expect(formatInTable("123456.78", MONEY, values, true)).toBe("£123,457");
    expect(formatInTable("1", COUNT, values, true)).toBe("1.00");
  });
});
