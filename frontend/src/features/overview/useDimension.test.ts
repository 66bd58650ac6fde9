import { describe, expect, it } from "vitest";
import { NO_FILTERS } from "../../state/view.ts";
import { byInterest } from "./useDimension.ts";

const DIMENSIONS = ["CATEGORY", "PRODUCT"] as const;

describe("the dimension of a breakdown", () => {
  it("is the first one", () => {
    expect(byInterest(DIMENSIONS, NO_FILTERS, [])).toEqual(["CATEGORY", "PRODUCT"]);
  });

  it("is the next where a filter leaves one member", () => {
    const filters = { ...NO_FILTERS, category: ["c1"] };
    expect(byInterest(DIMENSIONS, filters, [])[0]).toBe("PRODUCT");
    const two = { ...NO_FILTERS, category: ["c1", "c2"] };
    expect(byInterest(DIMENSIONS, two, [])[0]).toBe("CATEGORY");
  });

  it("is the next where the data have one member", () => {
    expect(byInterest(DIMENSIONS, NO_FILTERS, ["CATEGORY"])[0]).toBe("PRODUCT");
  });

  it("is the first again where nothing can be broken down", () => {
    const filters = { ...NO_FILTERS, product: ["p1"] };
    expect(byInterest(DIMENSIONS, filters, ["CATEGORY"])).toEqual(DIMENSIONS);
  });
});
