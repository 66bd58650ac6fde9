import { describe, expect, it } from "vitest";
import { effectTitle, largestEffect, steps } from "./effects.ts";

const TOTAL = {
  __typename: "ChangeEffects" as const,
  before: "100",
  now: "120.5",
  change: "20.5",
  volume: "30",
  mix: "-4.5",
  price: "0",
  new: "5",
  gone: "-10",
  unitless: "0",
};

describe("steps", () => {
  it("lead from the revenue before to that now, each from the end of the one above", () => {
    const found = steps(TOTAL as never);
    expect(found.map(({ effect, start, end }) => [effect, start, end])).toEqual([
      ["before", 0, 100],
      ["volume", 100, 130],
      ["mix", 130, 125.5],
      ["new", 125.5, 130.5],
      ["gone", 130.5, 120.5],
      ["now", 0, 120.5],
    ]);
  });
});

describe("largestEffect", () => {
  it("is the one that moved most", () => {
    expect(largestEffect(TOTAL as never)).toBe("volume");
  });

  it("is none where nothing moved", () => {
    const still = { ...TOTAL, volume: "0", mix: "0", new: "0", gone: "0" };
    expect(largestEffect(still as never)).toBeNull();
  });
});

it("names members of a dimension", () => {
  expect(effectTitle("new", "CATEGORY")).toBe("New categories");
  expect(effectTitle("gone", "PRODUCT")).toBe("No longer sold products");
  // Who bought before both periods is not new.
  expect(effectTitle("new", "CUSTOMER")).toBe("New or returning customers");
});
