/** The main flows in Firefox: `make test-firefox`. */
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import {
  collectErrors,
  expectNoOverflow,
  loadAllPanels,
  panel,
  settled,
  tile,
} from "./dashboardPage.ts";
import { ALL_TIME, PAGES, REVENUE } from "./northwind.ts";

const YEAR = "?range=1997-01-01..1997-12-31&compare=previous";

for (const path of PAGES) {
  test(`${path} loads without an error, no wider than the window`, async ({ page }) => {
    const errors = collectErrors(page);
    await page.goto(path + YEAR);
    await loadAllPanels(page);
    await expectNoOverflow(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoOverflow(page);
    expect(errors).toEqual([]);
  });
}

test("the figures are exact", async ({ page }) => {
  await page.goto(ALL_TIME);
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", `$${REVENUE}`);
});

test("a filter is set, kept in the address, and taken away", async ({ page }) => {
  await page.goto(`/${YEAR}`);
  await page.getByRole("button", { name: "Filter" }).first().click();
  await page.getByRole("button", { name: "Category", exact: true }).click();
  await page.getByRole("checkbox", { name: /^Beverages/ }).check();
  await expect(page).toHaveURL(/category=/);
  await page.keyboard.press("Escape");
  const chip = page.getByRole("button", { name: /Remove the filter Category Beverages/ });
  await page.reload();
  await chip.click();
  await expect(page).not.toHaveURL(/category=/);
});

test("a figure opens its orders, an order its lines, and Back returns", async ({ page }) => {
  await page.goto(`/products${YEAR}`);
  await panel(page, "Products").getByRole("link", { name: "Ikura", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Ikura" })).toBeVisible();
  const count = (await page.locator('[data-metric="ORDERS"]').textContent()) ?? "";
  await page.getByRole("link", { name: /^Orders behind these figures/ }).click();
  const orders = await settled(panel(page, "Orders"));
  await expect(orders).toContainText(`${count} orders`);
  await orders.getByRole("rowheader").first().getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1, name: /^Order / })).toBeVisible();
  await page.goBack();
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1, name: "Ikura" })).toBeVisible();
});

test("a chart is walked through by keys", async ({ page }) => {
  await page.goto(`/${YEAR}`);
  const chart = await settled(panel(page, "Revenue over time"));
  const slider = chart.getByRole("slider");
  await slider.focus();
  await page.keyboard.press("ArrowRight");
  await expect(slider).toHaveAttribute("aria-valuetext", /1997.*\$/);
});

test("a panel is saved as CSV and PNG, and a page as PDF", async ({ page }) => {
  await page.goto(`/${YEAR}`);
  const chart = await settled(panel(page, "Revenue over time"));
  const saved = async (name: string) => {
    const download = page.waitForEvent("download");
    await chart.getByRole("button", { name }).click();
    return readFileSync(await (await download).path());
  };
  expect((await saved("Save Revenue over time as CSV")).toString("utf8")).toContain("Revenue");
  expect((await saved("Save Revenue over time as PNG")).subarray(1, 4).toString()).toBe("PNG");
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Reports" }).click();
  await page.getByRole("button", { name: "Save this page as PDF" }).click();
  const pdf = readFileSync(await (await download).path());
  expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
});

test("the language is changed, and runs from right to left", async ({ page }) => {
  await page.goto(`/${YEAR}`);
  await page.getByRole("combobox", { name: "Language" }).selectOption("ar");
  await expect(page.getByRole("heading", { name: "المؤشرات الرئيسية" })).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
  await loadAllPanels(page);
  await expectNoOverflow(page);
});

test("a file is imported, found, and taken back", async ({ page }) => {
  test.skip(process.env.API_TOKEN === undefined, "needs API_TOKEN with the scope ingest");
  await page.addInitScript(
    (token) => window.sessionStorage.setItem("shopx.token", token),
    process.env.API_TOKEN ?? "",
  );
  await page.goto("/data");
  await page.getByLabel("A file of sales").setInputFiles({
    name: "kettles.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(
      "order,date,customer,product,quantity,amount\nF-1,2021-06-05 10:00,Ada,Kettle,2,84.20\n",
    ),
  });
  const currency = page.getByLabel("Currency", { exact: true }).first();
  await currency.fill("USD");
  await currency.press("Enter");
  await page.getByRole("button", { name: "Check the whole file" }).click();
  await page.getByRole("button", { name: "Import 1 line" }).click();
  await expect(page.getByText("Imported into “kettles”")).toBeVisible();
  const row = panel(page, "Imports").getByRole("row", { name: /kettles\.csv/ });
  await expect(row).toContainText("$84.20");
  await row.getByRole("button", { name: /Take back/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Take it back" }).click();
  await expect(dialog).toContainText("1 line no longer counts");
});
