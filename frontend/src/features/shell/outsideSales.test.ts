import { expect, it } from "vitest";
import { areApart } from "./outsideSales.ts";

const SALES = { from: "2009-12-01", to: "2011-12-09" };

it.each([
  ["after them", { from: "2026-11-01", to: "2026-11-28" }, true],
  ["before them", { from: "2009-11-01", to: "2009-11-30" }, true],
  ["from their last day on", { from: "2011-12-09", to: "2011-12-31" }, false],
  ["within them", { from: "2010-01-01", to: "2010-01-31" }, false],
])("a range %s: %o is apart from the sales: %s", (_, range, expected) => {
  expect(areApart(range, SALES)).toBe(expected);
});
