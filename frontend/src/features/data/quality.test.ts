import { describe, expect, it } from "vitest";
import type { DataQualityQuery } from "../../gql/graphql.ts";
import { qualityRows } from "./quality.ts";

const STYLE = { unit: "money", currency: "USD" } as const;

function sales(revenue: string | null, orders: string | null) {
  return {
    kpis: [
      { metric: "REVENUE" as const, value: revenue },
      { metric: "ORDERS" as const, value: orders },
    ],
  };
}

function shares(changes: Partial<DataQualityQuery>, lacksRates = false) {
  const data = {
    all: sales("200", "4"),
    noCustomer: sales("0", "0"),
    noRep: sales("50", "1"),
    profitability: { costCoverage: "0.889" },
    ...changes,
  };
  return qualityRows(data, lacksRates, STYLE).map(({ share }) => share);
}

describe("quality", () => {
  it("says what part of the sales lacks something", () => {
    expect(shares({})).toEqual(["11.1%", "none", "$50.00 (25.0%), 1 order", "none"]);
  });

  it("does not call an unknown nothing", () => {
    const unknown = { profitability: { costCoverage: null }, noRep: sales(null, null) };
    expect(shares(unknown)).toEqual(["not known", "none", "not known", "none"]);
    expect(shares({}, true)[3]).toBe("see above");
  });

  it("does not round a small part to nothing", () => {
    expect(shares({ profitability: { costCoverage: "0.99999" } })[0]).toBe("under 0.1%");
    expect(shares({ profitability: { costCoverage: "1" } })[0]).toBe("none");
  });
});
