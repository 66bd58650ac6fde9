import { test } from "@playwright/test";
import { loadAllPanels } from "./dashboardPage.ts";

for (const language of ["ar", "de", "ja"])
  for (const width of [1440, 390])
    for (const [name, path] of [
      ["overview", "/"],
      ["products", "/products"],
      ["customers", "/customers"],
      ["data", "/data"],
    ] as const)
      test(`shot ${language} ${width} ${name}`, async ({ page }) => {
        await page.setViewportSize({ width, height: 900 });
        await page.addInitScript((l) => window.localStorage.setItem("shopx.language", l), language);
        await page.goto(`${path}?range=1997-01-01..1997-12-31&compare=previous`);
        await loadAllPanels(page);
        await page.screenshot({
          path: `/tmp/wt/i18n.shots/${language}-${width}-${name}.png`,
          fullPage: true,
        });
      });
