import { expect, test } from "vitest";
import type { SeriesPartsFragment } from "../../gql/graphql.ts";
import { seriesModel } from "./seriesModel.ts";

const MONTHS = ["2026-01-01", "2026-02-01", "2026-03-01"].map((day) => `${day}T00:00:00Z`);
const BEFORE = ["2025-01-01", "2025-02-01", "2025-03-01"].map((day) => `${day}T00:00:00Z`);

function modelOf(
  firstSaleAt: string | null,
  previous: (string | null)[],
  unit: "money" | "ratio" = "money",
) {
  const series: SeriesPartsFragment = {
    granularity: "MONTH",
    buckets: MONTHS,
    previousBuckets: BEFORE,
    unpairedBuckets: [],
    partialFrom: null,
    partial: [],
    lines: [{ metric: "REVENUE", current: ["1.00", "0.00", "3.00"], previous, unpaired: [] }],
  };
  return seriesModel({
    series,
    metric: "REVENUE",
    title: "Revenue",
    definition: "",
    style: { unit, currency: "USD" },
    period: { start: MONTHS[0] ?? "", end: "2026-04-01T00:00:00Z" },
    comparedUntil: "2025-04-01T00:00:00Z",
    zone: "UTC",
    firstSaleAt,
  });
}

function shown(firstSaleAt: string | null, previous: (string | null)[]) {
  return modelOf(firstSaleAt, previous).series.map(({ values }) => values);
}

test("a change is exact, and a change of ratios has no percentage of a percentage", () => {
  const change = modelOf(null, []).change;
  expect(change?.("120.10", "100.05")).toBe("Δ +$20.05 (+20%)");
  expect(change?.("-5", "0")).toBe("Δ −$5.00");
  expect(modelOf(null, [], "ratio").change?.("0.25", "0.2")).toBe("Δ +5 pp");
});

test("months before the first sale of all have no value, instead of zero", () => {
  const [current, previous] = shown("2025-02-20T12:00:00Z", ["0.00", "0.00", "7.00"]);
  expect(previous).toEqual([null, "0.00", "7.00"]);
  expect(current).toEqual(["1.00", "0.00", "3.00"]);
});

test("a month that begins with the first sale has its value", () => {
  const [, previous] = shown("2025-03-01T00:00:00Z", ["0.00", "0.00", "7.00"]);
  expect(previous).toEqual([null, null, "7.00"]);
});

test("no month of a compared period that ends before the first sale has a value", () => {
  expect(shown("2025-04-01T00:00:00Z", ["0.00", "0.00", "0.00"])[1]).toEqual([null, null, null]);
});

test("all have their values where sales began before, and while there is no sale", () => {
  for (const first of ["2020-01-01T00:00:00Z", null]) {
    expect(shown(first, ["0.00", "0.00", "0.00"])[1]).toEqual(["0.00", "0.00", "0.00"]);
  }
});
