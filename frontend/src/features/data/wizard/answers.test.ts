import { describe, expect, it } from "vitest";
import {
  answersInput,
  DEFAULT_OPTIONS,
  isSourceName,
  mappingValue,
  missingFields,
  NO_ANSWERS,
  optionsInput,
  statedCurrency,
} from "./answers.ts";

describe("answers", () => {
  it("leave to the file what the user has not said", () => {
    expect(answersInput(NO_ANSWERS)).toEqual({
      dates: null,
      decimal: null,
      currency: null,
      zone: null,
      source: null,
      columns: [],
    });
  });

  it("write a currency in capitals, and tell no column from no choice", () => {
    const given = { ...NO_ANSWERS, currency: " eur ", columns: { gross: "Betrag", cost: "" } };
    const input = answersInput(given);
    expect(input.currency).toBe("EUR");
    expect(input.columns).toEqual([
      { field: "gross", column: "Betrag" },
      { field: "cost", column: null },
    ]);
  });
});

describe("options", () => {
  it("say nothing by default, so that the mapping decides", () => {
    expect(optionsInput(DEFAULT_OPTIONS)).toEqual({
      mode: null,
      knownOrders: null,
      extent: null,
      maxRejects: 0,
      maxMissing: null,
    });
  });

  it("limit a snapshot to the file's days, and nothing else", () => {
    const ofFiles = { ...DEFAULT_OPTIONS, ofFiles: true };
    expect(optionsInput({ ...ofFiles, mode: "SNAPSHOT" }).extent).toBe("files");
    expect(optionsInput({ ...ofFiles, mode: "REPLACE" }).extent).toBeNull();
  });
});

describe("what a sale needs", () => {
  it("is asked for until one of the columns that answer it is chosen", () => {
    const roles = [
      { field: "at", column: null },
      { field: "sku", column: "SKU" },
      { field: "gross", column: null },
      { field: "price", column: null },
    ];
    expect(missingFields(roles)).toEqual([["at"], ["gross", "price"]]);
    const chosen = roles.map((one) => (one.field === "price" ? { ...one, column: "Preis" } : one));
    expect(missingFields(chosen)).toEqual([["at"]]);
  });
});

describe("a mapping", () => {
  it("says its source's name, without the comment", () => {
    const text = "source:\n  name: my-shop  # the same for each export\n  zone: Europe/Berlin\n";
    expect(mappingValue(text, "name")).toBe("my-shop");
    expect(mappingValue(text, "zone")).toBe("Europe/Berlin");
    expect(mappingValue(text, "currency")).toBe("");
  });

  it("says the currency that it states, and none that a column has", () => {
    expect(statedCurrency("source:\n  currency: EUR  # as given\n")).toBe("EUR");
    expect(statedCurrency("order:\n  currency: w_hrung\n")).toBe("");
  });

  it("takes names that the server takes", () => {
    expect(isSourceName("my-shop.2")).toBe(true);
    for (const bad of ["", "My shop", "-shop", "ä", "x".repeat(64)]) {
      expect(isSourceName(bad)).toBe(false);
    }
  });
});
