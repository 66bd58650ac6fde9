import { test } from "@playwright/test";
import { loadAllPanels } from "./dashboardPage.ts";

for (const [lang, locale] of [
  ["de", "de-DE"],
  ["ar", "ar-EG"],
] as const) {
  test.describe(lang, () => {
    test.use({ locale });
    for (const path of [
      "/",
      "/products",
      "/customers",
      "/reps",
      "/orders",
      "/profitability",
      "/data",
    ])
      test(`${lang} ${path}`, async ({ page }) => {
        await page.addInitScript((l) => localStorage.setItem("shopx.language", l), lang);
        for (const w of [1280, 390]) {
          await page.setViewportSize({ width: w, height: 900 });
          await page.goto(`${path}?range=1997-01-01..1997-12-31&compare=previous`);
          await loadAllPanels(page);
          await page.waitForTimeout(700);
          await page.screenshot({
            path: `/tmp/wt/lang-shots/${lang}-${w}-${path.slice(1) || "overview"}.png`,
            fullPage: true,
          });
        }
      });
  });
}
