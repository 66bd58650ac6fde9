import { expect, test } from "@playwright/test";
import { panel, tile } from "./dashboardPage.ts";

test("the largest contentful paint is within 2.5 s", async ({ page }) => {
  await page.addInitScript(() => {
    const seen = { lcp: 0 };
    Object.assign(window, { seen });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.lcp = entry.startTime;
    }).observe({ type: "largest-contentful-paint", buffered: true });
  });
  await page.goto("/?range=1997-01-01..1997-12-31&compare=previous");
  await expect(panel(page, "Revenue over time").locator("canvas")).toBeVisible();
  await expect(tile(page, "REVENUE")).toBeVisible();
  const lcp = await page.evaluate(() => (window as unknown as { seen: { lcp: number } }).seen.lcp);
  expect(lcp).toBeGreaterThan(0);
  expect(lcp).toBeLessThanOrEqual(2500);
});
