import { expect, test } from "@playwright/test";
import { savedCsv, scaled, sum } from "./csvFile.ts";
import { collectErrors, loadAllPanels, panel, settled, tile } from "./dashboardPage.ts";
import { ALL_TIME, REVENUE } from "./northwind.ts";

test("the page shows Northwind's revenue to the cent", async ({ page }) => {
  const errors = collectErrors(page);
  await page.goto("/?range=all");
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", `$${REVENUE}`);
  // In short, without the cents that its title has.
  await expect(tile(page, "REVENUE")).toHaveText("$1,265,793");
  await expect(tile(page, "ORDERS")).toHaveText("830");
  await expect(tile(page, "UNITS")).toHaveText("51,317");
  await loadAllPanels(page);
  const totals = page.getByRole("row", { name: /^Total/ });
  await expect(totals).toHaveCount(2);
  for (const total of await totals.all())
    await expect(total.getByTitle(`$${REVENUE}`)).toBeVisible();
  expect(errors).toEqual([]);
});

test("tiles, chart and breakdowns export the same sum", async ({ page }) => {
  await page.goto(ALL_TIME);
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", `$${REVENUE}`);
  const { rows: series } = await savedCsv(page, "Revenue over time");
  const { rows: categories } = await savedCsv(page, "Revenue by category");
  const { rows: reps } = await savedCsv(page, "Revenue by rep");
  const expected = scaled("1265793.0395");
  expect(sum(series.map((row) => row[2] ?? ""))).toBe(expected);
  expect(sum(categories.map((row) => row[2] ?? ""))).toBe(expected);
  expect(sum(reps.map((row) => row[3] ?? ""))).toBe(expected);
});

test("the URL holds the range, Back restores it, a reload shows the same", async ({ page }) => {
  await page.goto(ALL_TIME);
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", `$${REVENUE}`);
  await page.getByRole("button", { name: /Jul 4, 1996/ }).click();
  await page.getByLabel("From", { exact: true }).fill("1997-01-01");
  await page.getByLabel("To", { exact: true }).fill("1997-12-31");
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page).toHaveURL(/range=1997-01-01\.\.1997-12-31/);
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", "$617,085.20");
  await page.goBack();
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", `$${REVENUE}`);
  await page.goForward();
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", "$617,085.20");
  await page.reload();
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", "$617,085.20");
});

test("a comparison shows the previous value, the change and the compared line", async ({
  page,
}) => {
  await page.goto("/?range=1998-01-01..1998-04-30&compare=year");
  const figures = panel(page, "Key figures");
  await expect(figures).toContainText("compared with Jan 1 – Apr 30, 1997");
  const revenue = figures.getByRole("button", { name: /^Revenue/ });
  await expect(revenue).toContainText("$191,322");
  await expect(revenue).toContainText("+121%");
  await expect(panel(page, "Revenue over time")).toContainText("Compared period");
  await panel(page, "Revenue by category").scrollIntoViewIfNeeded();
  await expect(
    panel(page, "Revenue by category").getByRole("columnheader", { name: "Δ" }),
  ).toBeVisible();
});

test("a comparison with a period before the first sale gives no change, and no zeros", async ({
  page,
}) => {
  await page.goto("/?range=1997-01-01..1997-12-31&compare=year");
  const revenue = panel(page, "Key figures").getByRole("button", { name: /^Revenue/ });
  await expect(revenue).toContainText("$208,084");
  await expect(revenue).toContainText("N/A");
  const chart = panel(page, "Revenue over time");
  await chart.getByRole("button", { name: "Table" }).click();
  await expect(chart.getByRole("row", { name: /June 1997/ })).toContainText("–");
  await expect(chart.getByRole("row", { name: /July 1997/ })).toContainText("$27,861.90");
});

test("a click filters, a chip shows the filter, Esc clears it", async ({ page }) => {
  await page.goto(ALL_TIME);
  await panel(page, "Revenue by category").scrollIntoViewIfNeeded();
  await panel(page, "Revenue by category").getByRole("button", { name: "Beverages" }).click();
  await expect(
    page.getByRole("button", { name: "Remove the filter Category Beverages" }),
  ).toBeVisible();
  await tile(page, "REVENUE").scrollIntoViewIfNeeded();
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", "$267,868.18");
  await page.reload();
  await expect(
    page.getByRole("button", { name: "Remove the filter Category Beverages" }),
  ).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", `$${REVENUE}`);
  await expect(page).not.toHaveURL(/category=/);
});

test("filters are found by name", async ({ page }) => {
  await page.goto(ALL_TIME);
  await page.getByRole("button", { name: "Filter", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Product", exact: true }).click();
  await page.getByRole("searchbox").fill("blaye");
  await page.getByRole("dialog").getByRole("button", { name: "Côte de Blaye" }).click();
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", "$141,396.74");
});

test("keys select ranges and toggle the comparison", async ({ page }) => {
  await page.goto(ALL_TIME);
  await expect(tile(page, "REVENUE")).toBeVisible();
  await page.keyboard.press("w");
  await expect(page).toHaveURL(/range=7d&compare=off/);
  await page.keyboard.press("x");
  await expect(page).toHaveURL(/range=7d&compare=previous/);
});

test("a range without sales says so instead of drawing nothing", async ({ page }) => {
  await page.goto("/?range=2015-01-01..2015-03-31&compare=off");
  await expect(page.getByText("There are no sales in this range")).toHaveCount(1);
  await expect(tile(page, "REVENUE")).toHaveCount(0);
});

test("the chart has a summary, a table, and points that keys reach", async ({ page }) => {
  await page.goto(ALL_TIME);
  const chart = panel(page, "Revenue over time");
  await expect(chart.locator("canvas")).toBeVisible();
  await expect(chart.locator("figcaption")).toContainText("Highest $123,798.68 (April 1998)");
  await expect(chart).toContainText("Only partly in the range");
  await chart.getByRole("slider").focus();
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowLeft");
  await expect(chart.getByRole("slider")).toHaveAttribute(
    "aria-valuetext",
    "April 1998: Revenue $123,798.68",
  );
  await chart.getByRole("button", { name: "Table" }).click();
  await expect(chart.getByRole("row", { name: /April 1998/ })).toContainText("$123,798.68");
  await chart.getByRole("button", { name: "Day", exact: true }).click();
  await expect(chart.getByRole("row", { name: /Thu, Jul 4, 1996/ })).toContainText("$440.00");
});

test("a theme is stored and applies before the first paint", async ({ page }) => {
  await page.goto(ALL_TIME);
  await page.getByRole("button", { name: "Dark" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.reload({ waitUntil: "commit" });
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});

test("definitions come from the registry, and panels show their as-of time", async ({ page }) => {
  await page.goto(ALL_TIME);
  await page.getByRole("button", { name: "Definitions" }).click();
  await expect(page.getByRole("dialog", { name: "Definitions" })).toContainText(
    "Gross sales minus discounts and returns",
  );
  await expect(panel(page, "Key figures")).toContainText(/as of \d\d:\d\d:\d\d/);
});

test("an address that asks for an impossible range says so", async ({ page }) => {
  await page.goto("/?range=1997-12-31..1997-01-01&compare=off");
  const notice = page.getByRole("status").filter({ hasText: "The address asks for" });
  await expect(notice).toContainText("the range “1997-12-31..1997-01-01”, which does not exist");
  await page.keyboard.press("w");
  await expect(notice).toHaveCount(0);
});

test("filters that match nothing are not blamed on the range", async ({ page }) => {
  await page.goto(
    `/products${ALL_TIME.slice(1)}&product=${encodeURIComponent("UHJvZHVjdDo5OTk5OTk")}`,
  );
  const list = panel(page, "Products");
  await expect(list).toContainText("No product was sold in this range with these filters.");
  await list.getByRole("button", { name: "Clear filters" }).click();
  await expect(list.getByRole("rowheader").first()).toBeVisible();
});

test("movers of all time say why nothing is compared", async ({ page }) => {
  await page.goto("/?range=all&compare=previous");
  await expect(panel(page, "Movers in revenue")).toContainText(
    "All time has no period before it to compare with",
  );
});

test("a figure and a point of a chart open their orders", async ({ page }) => {
  await page.goto("/?range=1997-01-01..1997-12-31&compare=off&by=month");
  const reps = await settled(panel(page, "Revenue by rep"));
  await reps
    .getByRole("row", { name: /Margaret Peacock/ })
    .getByTitle("$128,809.79")
    .click();
  await expect(page).toHaveURL(/\/orders\?.*rep=/);
  // The orders of her tile.
  await expect(panel(page, "Orders")).toContainText("81 orders");
  await page.goBack();
  const chart = panel(page, "Revenue over time");
  // The page is back where it was scrolled to, and loads what is in view.
  await chart.scrollIntoViewIfNeeded();
  await expect(chart.locator("canvas")).toBeVisible();
  await chart.getByRole("slider").focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/orders\?range=1997-01-01\.\.1997-01-31/);
  await expect(panel(page, "Orders")).toContainText("33 orders");
});
