import { expect, test } from "@playwright/test";
import {
  collectErrors,
  expectAccessible,
  expectNoOverflow,
  expectStableLayout,
  loadAllPanels,
  openDetailPage,
  panel,
  recordLayoutShifts,
  removeRoutes,
  slowDown,
  tile,
  waitForPanels,
} from "./dashboardPage.ts";
import { ENTITIES } from "./northwind.ts";

const YEAR = "?range=1997-01-01..1997-12-31&compare=year";
const [CUSTOMER, REP, PRODUCT] = ENTITIES;

test.afterEach(removeRoutes);

test("a customer's page shows value, scores, predictions and every order", async ({ page }) => {
  const errors = collectErrors(page);
  await openDetailPage(page, CUSTOMER, YEAR);
  await expect(page).toHaveURL(/\/customers\/[^/]+\?range=1997-01-01\.\.1997-12-31&compare=year/);
  await expect(page).toHaveTitle("QUICK-Stop · ShopX Analytics");
  const profile = panel(page, "Lifetime value");
  await expect(profile).toContainText("$110,277");
  await expect(profile).toContainText("Recency");
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", "$61,109.91");
  await expect(tile(page, "ORDERS")).toHaveText("14");
  await expect(panel(page, "Revenue over time").locator("canvas")).toBeVisible();
  await expect(
    panel(page, "Revenue by product").getByRole("row", { name: /^Total/ }),
  ).toContainText("$61,110");
  const orders = panel(page, "Orders");
  await orders.scrollIntoViewIfNeeded();
  const newest = orders.getByRole("rowheader").first();
  await expect(newest).toHaveText("11021");
  await orders.getByRole("button", { name: "Older" }).click();
  await expect(newest).not.toHaveText("11021");
  await expect(orders.getByText("Page 2")).toBeVisible();
  await orders.getByRole("button", { name: "Older" }).click();
  // 28 orders make pages of 12, 12 and 4.
  await expect(orders.getByRole("rowheader")).toHaveCount(4);
  await expect(orders.getByRole("button", { name: "Older" })).toBeDisabled();
  await page.goBack();
  await expect(panel(page, "Top customers")).toBeVisible();
  expect(errors).toEqual([]);
});

test("a rep's page shows figures, rank and months, and links to the manager", async ({ page }) => {
  const errors = collectErrors(page);
  await openDetailPage(page, REP, YEAR);
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", "$128,809.79");
  await expect(panel(page, "Place")).toContainText("of 9");
  const months = panel(page, "Attainment by month");
  await expect(months.getByRole("row", { name: /January 1997/ })).toContainText("$23,736");
  await expect(months.getByRole("row", { name: /^Together/ })).toContainText("$128,810");
  await page.getByRole("link", { name: "Andrew Fuller" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Andrew Fuller" })).toBeVisible();
  expect(errors).toEqual([]);
});

test("a product's page shows a chart, and a tile selects its metric", async ({ page }) => {
  const errors = collectErrors(page);
  await openDetailPage(page, PRODUCT, YEAR);
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", "$49,198.09");
  await page.getByRole("button", { name: /^Units sold/ }).click();
  await expect(panel(page, "Units sold over time").locator("canvas")).toBeVisible();
  await expect(page).toHaveURL(/metric=units/);
  await expect(panel(page, "Units sold by customer").getByRole("link").first()).toBeVisible();
  expect(errors).toEqual([]);
});

test("list pages show the trend, the category tree and the grid of scores", async ({ page }) => {
  await page.goto(`/products${YEAR}`);
  await loadAllPanels(page);
  await expect(panel(page, "The best five over time").locator("canvas")).toBeVisible();
  const tree = panel(page, "Categories");
  await expect(tree.getByRole("row", { name: /Dairy Products/ })).toContainText("$115,388");
  await tree.getByRole("button", { name: "Beverages" }).click();
  await expect(
    page.getByRole("button", { name: "Remove the filter Category Beverages" }),
  ).toBeVisible();
  await page.goto(`/customers${YEAR}`);
  await loadAllPanels(page);
  const cells = panel(page, "Recency and frequency").locator("td strong");
  // Each customer with an order is in one cell.
  await expect
    .poll(async () =>
      (await cells.allTextContents()).reduce((total, text) => total + Number(text), 0),
    )
    .toBe(89);
});

test("an unknown id says so and links back", async ({ page }) => {
  for (const id of ["nonsense", "Q3VzdG9tZXI6OTk5OTk5"]) {
    await page.goto(`/customers/${id}${YEAR}`);
    await expect(page.getByRole("heading", { name: "There is no such customer" })).toBeVisible();
  }
  await page.getByRole("alert").getByRole("link", { name: "Customers" }).click();
  await expect(panel(page, "Top customers")).toBeVisible();
});

test("a link with filters shows their labels", async ({ page }) => {
  await page.goto(`/${YEAR}&segment=NONE`);
  await expect(
    page.getByRole("button", { name: "Remove the filter Segment No segment" }),
  ).toBeVisible();
});

test("an empty range says when there are sales, and shows them", async ({ page }) => {
  await page.goto("/?range=2001-01-01..2001-12-31&compare=off");
  await expect(page.getByText("Sales run from Jul 4, 1996 –")).toBeVisible();
  await page.getByRole("button", { name: "All time" }).click();
  await tile(page, "REVENUE").scrollIntoViewIfNeeded();
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", "$1,265,793.04");
});

for (const entity of ENTITIES) {
  test(`a page of ${entity.path} has no serious accessibility violations, light or dark`, async ({
    page,
  }) => {
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await openDetailPage(page, entity, YEAR);
    await expectAccessible(page);
  });

  test(`a phone loads a page of ${entity.path} without layout shifts or overflow`, async ({
    page,
  }) => {
    await openDetailPage(page, entity, YEAR);
    await page.setViewportSize({ width: 390, height: 844 });
    await slowDown(page);
    const shifts = await recordLayoutShifts(page);
    await page.reload();
    await expect(page.getByRole("heading", { level: 1, name: entity.name })).toBeVisible();
    await waitForPanels(page);
    expectStableLayout(await shifts());
    await expectNoOverflow(page);
  });
}
