/** A feed of a folder: read at once and again, its fault shown and mended, paused and removed. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type Locator, type Page, test } from "@playwright/test";
import { expectAccessible, expectNoOverflow, panel, tile } from "./dashboardPage.ts";

const HEAD = "order,date,customer,product,quantity,amount\n";
const MAPPING = `apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {name: kiosk, zone: UTC, currency: USD}
inputs: {sales: {format: delimited, files: "*.csv"}}
order: {key: order, at: date, customer: customer}
line: {key: order, product: product, quantity: quantity, gross: amount}
`;
const DAYS = "/?range=2021-04-01..2021-04-30&compare=off";
const SLOW = { timeout: 60_000 };

test.skip(
  process.env.API_TOKEN === undefined || process.env.FEEDS_FOLDER === undefined,
  "needs API_TOKEN with the scope ingest, and FEEDS_FOLDER",
);

function write(name: string, rows: string) {
  const folder = join(process.env.FEEDS_FOLDER ?? "", "kiosk");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.part`), HEAD + rows);
  renameSync(join(folder, `${name}.part`), join(folder, name));
}

async function openData(page: Page) {
  await page.addInitScript(
    (token) => window.sessionStorage.setItem("shopx.token", token),
    process.env.API_TOKEN ?? "",
  );
  await page.goto("/data");
}

/** On a laptop a fault is a few lines high, and not a word wide. */
async function expectReadable(page: Page, row: Locator) {
  await page.setViewportSize({ width: 1280, height: 800 });
  const fault = row.locator("p").first();
  const { width, height } = (await fault.boundingBox()) ?? { width: 0, height: 0 };
  expect(width).toBeGreaterThan(250);
  expect(height).toBeLessThan(200);
}

test("a folder is read again by itself, and what goes wrong is shown", async ({ page }) => {
  test.setTimeout(300_000);
  write("april.csv", "K-1,2021-04-05 10:00,Ada,Lamp,1,40.00\n");
  await openData(page);
  const feeds = panel(page, "Feeds");
  await feeds.getByRole("button", { name: "Add a feed" }).click();
  const form = page.getByRole("form", { name: "New feed" });
  await form.getByLabel("Name").fill("kiosk");
  await form.getByLabel("Reads from").fill("folder:kiosk/*.csv");
  await form.getByLabel("Source of its sales").fill("kiosk");
  await form.getByLabel("What it has").selectOption("");
  await form.getByLabel("Mapping").fill(MAPPING);
  await form.getByLabel("When").selectOption("every Monday at 06:00");
  await form.getByRole("button", { name: "Add and read now" }).click();

  const row = feeds.getByRole("row", { name: /kiosk/ });
  await expect(row).toContainText("up to date", SLOW);
  await expect(row).toContainText("under a minute", SLOW);
  const imports = panel(page, "Imports");
  await expect(imports.getByRole("row", { name: /april\.csv/ })).toContainText("$40.00", SLOW);

  write("may.csv", "K-2,2021-04-06 10:00,Ben,Lamp,1,none\n");
  await row.getByRole("button", { name: "Pull now: kiosk" }).click();
  await expect(row).toContainText("failed once", SLOW);
  await expect(row).toContainText("may.csv");
  await expectReadable(page, row);
  write("may.csv", "K-2,2021-04-06 10:00,Ben,Lamp,1,2.50\n");
  await row.getByRole("button", { name: "Pull now: kiosk" }).click();
  await expect(row).toContainText("up to date", SLOW);
  // The file that changed alone is read again.
  await expect(imports.getByRole("row", { name: /may\.csv/ })).toContainText("$2.50", SLOW);
  await expectAccessible(page);
  await page.goto(DAYS);
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", "$42.50", SLOW);

  await page.goto("/data");
  await row.getByRole("button", { name: "Pause kiosk" }).click();
  await expect(row).toContainText("paused", SLOW);
  await expect(row.getByRole("button", { name: "Pull now: kiosk" })).toBeDisabled();
  await row.getByRole("button", { name: "Remove kiosk" }).click();
  await page.getByRole("button", { name: "Remove it" }).click();
  await expect(feeds).toContainText("There is none yet", SLOW);

  // What it imported stays until it is taken back.
  for (const file of [/may\.csv/, /april\.csv/]) {
    const imported = imports.getByRole("row", { name: file });
    await imported.getByRole("button", { name: /Take back/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Take it back" }).click();
    await expect(dialog).toContainText("no longer count", SLOW);
    await dialog.getByRole("button", { name: "Close" }).click();
    await expect(imported).toContainText("taken back by", SLOW);
  }
});

test("the form fits a phone, and says what is wrong", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 900 });
  await openData(page);
  await page.getByRole("button", { name: "Add a feed" }).click();
  const form = page.getByRole("form", { name: "New feed" });
  await form.getByLabel("Name").fill("x");
  await form.getByLabel("Reads from").fill("https://ann:secret@example.org/a.csv");
  await form.getByLabel("Source of its sales").fill("x");
  await form.getByRole("button", { name: "Add and read now" }).click();
  await expect(form.getByRole("alert")).toContainText("holds credentials");
  await expectNoOverflow(page);
});
