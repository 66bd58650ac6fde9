import { describe, expect, it } from "vitest";
import { entityPath, entityPathOrNull } from "../shared/entityPath.ts";
import { findPage } from "./pages.ts";

describe("page paths", () => {
  it.each([
    ["/", "Overview", null],
    ["/products", "Products", null],
    ["/products/UHI6Mw", "Products", "UHI6Mw"],
    ["/customers/a%2Fb", "Customers", "a/b"],
    ["/customers/%", "Customers", "%"],
    ["/profitability/x", undefined, null],
    ["/products/x/y", undefined, null],
    ["/products/", undefined, null],
    ["/nowhere", undefined, null],
  ])("%s", (pathname, title, id) => {
    const found = findPage(pathname);
    expect([found.page?.title, found.id]).toEqual([title, id]);
  });

  it("of detail pages round-trip", () => {
    expect(findPage(entityPath("CUSTOMER", "a/b=")).id).toBe("a/b=");
    expect([entityPathOrNull("REP", "x"), entityPathOrNull("CHANNEL", "x")]).toEqual([
      "/reps/x",
      null,
    ]);
  });
});
