/** The main flows in Firefox: `make test-firefox`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import type { Browser, ElementHandle } from "puppeteer-core";
import { expectNoOverflow, type FirefoxPage, openPage, startFirefox } from "./firefoxPage.ts";
import { ALL_TIME, PAGES, REVENUE } from "./northwind.ts";

const YEAR = "?range=1997-01-01..1997-12-31&compare=previous";

let browser: Browser;
let downloads = "";
let at: FirefoxPage;

test.beforeAll(async () => {
  ({ browser, downloads } = await startFirefox());
});
test.afterAll(() => browser.close());
test.beforeEach(async ({ baseURL }) => {
  at = await openPage(browser, downloads, baseURL ?? "");
});
test.afterEach(() => at.page.browserContext().close());

for (const path of PAGES) {
  test(`${path} loads without an error, no wider than the window`, async () => {
    await at.goto(path + YEAR);
    await at.loadAllPanels();
    await expectNoOverflow(at);
    await at.page.setViewport({ width: 390, height: 844 });
    await expectNoOverflow(at);
    expect(at.errors).toEqual([]);
  });
}

test("the figures are exact", async () => {
  await at.goto(ALL_TIME);
  const title = () =>
    at.page.evaluate(() =>
      document.querySelector('[data-metric="REVENUE"]')?.getAttribute("title"),
    );
  await expect.poll(title, { timeout: 60_000 }).toBe(`$${REVENUE}`);
});

test("a filter is set, kept in the address, and taken away", async () => {
  await at.goto(`/${YEAR}`);
  await at.click("button", "Filter");
  await at.click('[role="dialog"] button', "Category");
  await at.click('[role="dialog"] button', "Beverages");
  await expect.poll(() => at.page.url()).toContain("category=");
  await at.page.keyboard.press("Escape");
  await at.page.reload();
  await at.click("button", "Remove the filter Category Beverages");
  await expect.poll(() => at.page.url()).not.toContain("category=");
});

test("a figure opens its orders, an order its lines, and Back returns", async () => {
  await at.goto(`/products${YEAR}`);
  await at.click("section a", "Côte de Blaye");
  await at.expectText("h1", "Côte de Blaye");
  await at.find('[data-metric="ORDERS"]', "");
  await at.loadAllPanels();
  const count = await at.page.$eval('[data-metric="ORDERS"]', (tile) => tile.textContent ?? "");
  await at.click("a", "Orders behind these figures");
  await at.expectText("section", `${count} orders`);
  await at.click("tbody th a", "");
  await at.expectText("h1", /^Order /);
  await at.page.goBack();
  await at.page.goBack();
  await at.expectText("h1", "Côte de Blaye");
});

test("a chart is walked through by keys", async () => {
  await at.goto(`/${YEAR}`);
  await at.loadAllPanels();
  const slider = await at.page.waitForSelector('section [role="slider"]');
  await slider?.focus();
  await at.page.keyboard.press("ArrowRight");
  const spoken = () => slider?.evaluate((element) => element.getAttribute("aria-valuetext"));
  await expect.poll(spoken).toMatch(/1997.*\$/);
});

test("a panel is saved as CSV, PNG and SVG, and a page as PDF", async () => {
  await at.goto(`/${YEAR}`);
  await at.loadAllPanels();
  const csv = await at.download("button", "Save Revenue over time as CSV");
  expect(csv.toString("utf8")).toContain("Revenue");
  const png = await at.download("button", "Save Revenue over time as PNG");
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  const svg = await at.download("button", "Save Revenue over time as SVG");
  expect(svg.toString("utf8")).toContain("</svg>");
  await at.click("button", "Reports");
  const pdf = await at.download('[role="dialog"] button', "Save this page as PDF");
  expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
});

test("the language is changed, and runs from right to left", async () => {
  await at.goto(`/${YEAR}`);
  await Promise.all([at.page.waitForNavigation(), at.page.select("footer select, select", "ar")]);
  await at.expectText("h2", "المؤشرات الرئيسية");
  expect(await at.page.evaluate(() => document.documentElement.dir)).toBe("rtl");
  await at.loadAllPanels();
  await expectNoOverflow(at);
});

test("a file is imported, found, and taken back", async () => {
  test.skip(process.env.API_TOKEN === undefined, "needs API_TOKEN with the scope ingest");
  const file = join(downloads, ".kettles.csv");
  writeFileSync(
    file,
    "order,date,customer,product,quantity,amount\nF-1,2021-06-05 10:00,Ada,Kettle,2,84.20\n",
  );
  await at.goto("/data");
  await at.page.evaluate(
    (token) => window.sessionStorage.setItem("shopx.token", token),
    process.env.API_TOKEN ?? "",
  );
  await at.page.reload();
  const input = await at.page.waitForSelector('input[type="file"]');
  await (input as ElementHandle<HTMLInputElement>).uploadFile(file);
  const label = await at.find("label", "Currency");
  await label.click();
  await at.page.keyboard.type("USD");
  await at.page.keyboard.press("Enter");
  await at.click("button:not(:disabled)", "Check the whole file");
  await at.click("button", "Import 1 line");
  await at.expectText("main", "Imported into");
  await at.expectText("tr", /kettles\.csv[\s\S]*\$84\.20/);
  await at.click("button", "Take back");
  await at.click("dialog button", "Take it back");
  await at.expectText("dialog", "1 line no longer counts");
});
