/** The pictures of docs/images/pages: `make pictures` writes those that look different now. */
import { expect, test } from "@playwright/test";
import { loadAllPanels, openDetailPage } from "./dashboardPage.ts";
import { ENTITIES, PAGES } from "./northwind.ts";

const YEAR = "?range=1997-01-01..1997-12-31&compare=previous";

// Another machine's fonts would differ everywhere, so pictures are compared where they are made.
test.skip(process.env.PICTURES === undefined, "PICTURES is not set");
test.use({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
test.beforeEach(({ page }) => page.emulateMedia({ reducedMotion: "reduce" }));

for (const path of PAGES) {
  const name = path === "/" ? "overview" : path.slice(1);
  test(`a picture of ${name}`, async ({ page }) => {
    await page.goto(path + YEAR);
    await loadAllPanels(page);
    await expect(page).toHaveScreenshot(`${name}.png`);
  });
}

test("a picture of a customer", async ({ page }) => {
  const [customer] = ENTITIES;
  await openDetailPage(page, customer, YEAR);
  await loadAllPanels(page);
  await expect(page).toHaveScreenshot("customer.png");
});

test("a picture of the overview on a phone, in the dark", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto(`/${YEAR}`);
  await loadAllPanels(page);
  await expect(page).toHaveScreenshot("phone.png");
});
