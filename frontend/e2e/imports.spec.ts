/** A file through the wizard, its total on the overview, and back. */
import { expect, type Page, test } from "@playwright/test";
import { expectAccessible, expectNoOverflow, panel, tile } from "./dashboardPage.ts";

const FILE = `order,date,customer,product,quantity,amount
A-1,2021-03-05 10:00,Ada,Lamp,2,84.20
A-1,2021-03-05 10:00,Ada,Shade,1,15.80
A-2,2021-03-06 11:00,Ben,Lamp,1,42.10
`;
const DAYS = "/?range=2021-03-01..2021-03-31&compare=off";

test.skip(process.env.API_TOKEN === undefined, "needs API_TOKEN with the scope ingest");

async function signedIn(page: Page) {
  await page.addInitScript(
    (token) => window.sessionStorage.setItem("shopx.token", token),
    process.env.API_TOKEN ?? "",
  );
}

async function drop(page: Page, name: string, text: string) {
  await page.getByLabel("A file of sales").setInputFiles({
    name,
    mimeType: "text/csv",
    buffer: Buffer.from(text),
  });
}

/**
 * Opens the days until their page has it: what it shows may be a live interval old, and a page of
 * past days is not read again by itself.
 */
async function expectRevenue(page: Page, amount: string): Promise<void> {
  await expect(async () => {
    await page.goto(DAYS);
    await expect(tile(page, "REVENUE")).toHaveAttribute("title", amount, { timeout: 5000 });
  }).toPass({ timeout: 150_000 });
}

test("a file is imported by choosing, found on the overview, and taken back", async ({ page }) => {
  await signedIn(page);
  await page.goto("/data");
  await drop(page, "lamps.csv", FILE);
  // No currency is in the file, and its dates are clear.
  await expect(page.getByText("Please say")).toBeVisible();
  await expect(page.getByLabel("Order number")).toHaveValue("order");
  await page.getByLabel("Currency", { exact: true }).first().fill("USD");
  await page.getByLabel("Currency", { exact: true }).first().press("Enter");
  const preview = page.getByRole("table", { name: "The first rows as they would be booked" });
  await expect(preview.getByRole("row", { name: /Lamp/ }).first()).toContainText("84.2");
  await page.getByRole("button", { name: "Check the whole file" }).click();
  await expect(page.getByText("Revenue in USD").locator("xpath=..")).toContainText("$142.10");
  await page.getByRole("button", { name: "Import 3 lines" }).click();
  await expect(page.getByText("Imported into “lamps”")).toBeVisible();
  const row = panel(page, "Imports").getByRole("row", { name: /lamps\.csv/ });
  await expect(row).toContainText("$142.10");

  await expectRevenue(page, "$142.10");

  await page.goto("/data");
  await row.getByRole("button", { name: /Take back/ }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("3 lines that it booked no longer count");
  await expect(dialog).toContainText("$142.10");
  await dialog.getByRole("button", { name: "Take it back" }).click();
  await expect(dialog).toContainText("3 lines no longer count");
  await dialog.getByRole("button", { name: "Close" }).click();
  await expect(row).toContainText("taken back by");
  await expectRevenue(page, "$0.00");
});

test("a wrong file is told as what it is, and another one can be chosen", async ({ page }) => {
  await signedIn(page);
  await page.goto("/data");
  await drop(page, "invoice.pdf", "%PDF-1.7 nothing");
  await expect(page.getByRole("alert")).toContainText("invoice.pdf is a PDF document");
  await page.getByRole("button", { name: "Another file" }).click();
  await expect(page.getByText("Drop a file of sales here")).toBeVisible();
});

test("rejected rows stop an import until they may be left out, and can be saved", async ({
  page,
}) => {
  await signedIn(page);
  await page.goto("/data");
  await drop(page, "broken.csv", `${FILE}A-3,2021-03-07 09:00,Cy,Lamp,many,1.00\n`);
  await page.getByLabel("Currency", { exact: true }).first().fill("USD");
  await page.getByLabel("Currency", { exact: true }).first().press("Enter");
  const isMapped = page.getByRole("button", { name: "Check the whole file" });
  // A quantity that is no number costs its own row; the column is the quantity all the same.
  await expect(page.getByLabel(/^Quantity/)).toHaveValue("quantity");
  await expect(page.getByText("'many' in row", { exact: false }).first()).toBeVisible();
  await expect(isMapped).toBeEnabled();
});

test("without the scope the page is for reading, and says so", async ({ page }) => {
  await page.goto("/data");
  await expect(page.getByText(/Importing and taking back need a token/)).toBeVisible();
  await expect(page.getByText("Drop a file of sales here")).toBeHidden();
  await expect(panel(page, "Imports").getByRole("table")).toBeVisible();
  await expect(page.getByRole("button", { name: /Take back/ })).toHaveCount(0);
  await expect(panel(page, "Quality")).toContainText("No sales rep");
  await expect(panel(page, "Freshness")).toContainText("Sums kept ready");
});

for (const width of [1440, 390]) {
  test(`the wizard is accessible and fits: ${width}`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ reducedMotion: "reduce" });
    await signedIn(page);
    await page.goto("/data");
    await drop(page, "look.csv", FILE);
    await expect(page.getByLabel("Order number")).toHaveValue("order");
    await expectNoOverflow(page);
    await expectAccessible(page);
  });
}
