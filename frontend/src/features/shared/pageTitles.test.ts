import { expect, it, vi } from "vitest";

it("names pages by what they list; the figures are told as numbers of them", async () => {
  vi.resetModules();
  window.localStorage.setItem("shopx.language", "ja");
  const { PAGE_TITLES } = await import("./pageTitles.ts");
  expect([PAGE_TITLES["/customers"], PAGE_TITLES["/orders"]]).toEqual(["顧客", "注文"]);
  const { i18n } = await import("../../i18n/i18n.ts");
  expect(i18n._("metric.CUSTOMERS.title")).toBe("顧客数");
});
