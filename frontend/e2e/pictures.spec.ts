/** The pictures of docs/images/pages: `make pictures` writes those that look different now. */
import { expect, test } from "@playwright/test";
import { loadAllPanels, openDetailPage } from "./dashboardPage.ts";
import { ENTITIES, PAGES } from "./northwind.ts";

const YEAR = "?range=1997-01-01..1997-12-31&compare=previous";

const WIZARD_FILE = `Order,Date,Customer,Item,Qty,Total
1001,31.01.2026 10:00,Ada Brown,Desk lamp,2,"84,20"
1001,31.01.2026 10:00,Ada Brown,Lamp shade,1,"15,80"
1002,01.02.2026 11:30,Ben Novak,Desk lamp,1,"42,10"
`;

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

test("a picture of the wizard", async ({ page }) => {
  await page.addInitScript(
    (token) => window.sessionStorage.setItem("shopx.token", token),
    process.env.API_TOKEN ?? "",
  );
  await page.goto("/data");
  await page.getByLabel("A file of sales").setInputFiles({
    name: "sales.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(WIZARD_FILE),
  });
  await expect(page.getByText("Please say")).toBeVisible();
  const currency = page.getByLabel("Currency", { exact: true }).first();
  await currency.fill("EUR");
  await currency.press("Enter");
  await expect(
    page.getByRole("table", { name: "The first rows as they would be booked" }),
  ).toBeVisible();
  await currency.blur();
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
  await expect(page).toHaveScreenshot("import.png");
});

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
