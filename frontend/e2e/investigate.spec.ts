/** Figures open what is behind them; the commands go anywhere. */
import { expect, test } from "@playwright/test";
import { axeOf, panel, settled } from "./dashboardPage.ts";

const HALF = "?range=1997-07-01..1997-12-31&compare=previous";

test("a cell of the heat map opens its orders, as many as it counts", async ({ page }) => {
  await page.goto(`/${HALF}&metric=orders`);
  const map = panel(page, "Orders by hour and weekday");
  await map.scrollIntoViewIfNeeded();
  const cell = map.getByText(/^Monday, 00:00: \d+$/);
  const count = (await cell.textContent())?.match(/(\d+)$/)?.[1] ?? "";
  await cell.locator("..").click();
  await expect(page).toHaveURL(/\/orders\?.*hour=1-0/);
  const orders = await settled(panel(page, "Orders"));
  await expect(orders).toContainText(`${count} orders`);
  await expect(orders).toContainText("Monday, 00:00 to 01:00");
  await orders.getByRole("button", { name: "Show all hours" }).click();
  await expect(page).not.toHaveURL(/hour=/);
});

test("segments, scores and cohorts open their customers, as many as they count", async ({
  page,
}) => {
  await page.goto(`/customers${HALF}`);
  for (const [title, name] of [
    ["Segments", "Champions"],
    ["Recency and frequency", "Recency 5, frequency 5"],
    ["Retention by cohort", "First order in Jul 1997"],
  ] as const) {
    const from = await settled(panel(page, title));
    const row = from.getByRole("row").filter({ has: page.getByTitle("Show these customers") });
    const shown = title === "Segments" ? row.filter({ hasText: name }) : row;
    const links = shown.getByTitle("Show these customers");
    const link =
      title === "Recency and frequency"
        ? from.locator('td[title^="Recency 5, frequency 5"] a')
        : title === "Retention by cohort"
          ? shown.filter({ hasText: "Jul 1997" }).getByRole("link").first()
          : links.first();
    const count = (await link.textContent())?.match(/^\d+/)?.[0] ?? "";
    await link.click();
    const group = await settled(panel(page, `Customers: ${name}`));
    await expect(group.getByText(new RegExp(`^${count} customers?, over`))).toBeVisible();
    await group.getByRole("button", { name: "Close" }).click();
    await expect(group).toHaveCount(0);
  }
});

test("figures of one product open its orders", async ({ page }) => {
  await page.goto(`/products${HALF}`);
  await panel(page, "Products").getByRole("link", { name: "Ikura", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Ikura" })).toBeVisible();
  const orders = page.locator('[data-metric="ORDERS"]');
  const count = (await orders.textContent()) ?? "";
  await page.getByRole("link", { name: /^Orders behind these figures/ }).click();
  await expect(await settled(panel(page, "Orders"))).toContainText(`${count} orders`);
  await expect(page.getByRole("button", { name: "Remove the filter Product Ikura" })).toBeVisible();
});

test("the parts of a change add up to it", async ({ page }) => {
  await page.goto(`/${HALF}`);
  const change = await settled(panel(page, "What explains the change in revenue"));
  const titles = await change
    .getByRole("table", { name: "From the revenue before to the revenue now" })
    .locator("td[title]")
    .evaluateAll((cells) => cells.map((cell) => (cell as HTMLElement).title));
  const cents = titles.map((text) =>
    Math.round(Number(text.replace(/[$,]/g, "").replace("−", "-")) * 100),
  );
  const [before = 0, ...parts] = cents.slice(0, -1);
  // Each title is rounded to a cent.
  const sum = parts.reduce((total, part) => total + part, before);
  expect(Math.abs(sum - (cents.at(-1) ?? 0))).toBeLessThanOrEqual(parts.length);
  expect(parts.length).toBeGreaterThan(2);
});

test("the commands find pages, members, orders and dates, by keyboard alone", async ({ page }) => {
  await page.goto(`/${HALF}`);
  await expect(page.getByRole("region").first()).toBeVisible();
  await page.keyboard.press("Control+k");
  const box = page.getByRole("combobox", { name: /^Search pages/ });
  await expect(box).toBeFocused();
  await box.fill("ikura");
  await expect(page.getByRole("option", { name: /^Ikura/ }).first()).toBeVisible();
  const { violations } = await axeOf(page).include("dialog").analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Ikura" })).toBeVisible();
  await expect(page.locator("#content")).toBeFocused();
  await page.keyboard.press("Control+k");
  await box.fill("10248");
  await page.getByRole("option", { name: /^Order 10248/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Order 10248" })).toBeVisible();
  await page.keyboard.press("/");
  await box.fill("1997-03");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/range=1997-03-01\.\.1997-03-31/);
});

test("single characters are shortcuts until they are switched off", async ({ page }) => {
  await page.goto(`/${HALF}`);
  await expect(page.getByRole("region").first()).toBeVisible();
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await help.getByRole("checkbox").uncheck();
  await page.keyboard.press("Escape");
  await expect(help).toHaveCount(0);
  await page.keyboard.press("y");
  await page.keyboard.press("?");
  await expect(page).toHaveURL(/range=1997-07-01/);
  await expect(help).toHaveCount(0);
});

test("dragging over a chart, or Shift with the arrow keys, zooms in", async ({ page }) => {
  await page.goto("/?range=1997-01-01..1997-12-31&compare=off&by=month");
  const chart = panel(page, "Revenue over time");
  const canvas = chart.locator("canvas");
  await expect(canvas).toBeVisible();
  const slider = chart.getByRole("slider");
  await slider.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Shift+ArrowRight");
  await expect(slider).toHaveAttribute("aria-valuetext", /^January 1997 to February 1997 selected/);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/range=1997-01-01\.\.1997-02-28/);
  await page.goBack();
  await expect(page).toHaveURL(/range=1997-01-01\.\.1997-12-31/);
  await expect(canvas).toBeVisible();
  const box = await canvas.boundingBox();
  if (box === null) throw new Error("The chart is not drawn.");
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * 0.55, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, y, { steps: 5 });
  await page.mouse.move(box.x + box.width - 2, y, { steps: 5 });
  await page.mouse.up();
  await expect(page).toHaveURL(/range=1997-\d\d-01\.\.1997-12-31/);
  await expect(page).not.toHaveURL(/range=1997-01-01/);
});

test("a filtered category shows its products, and the forecast says how good it is", async ({
  page,
}) => {
  await page.goto("/?range=1996-07-04..1998-05-06&compare=off");
  await (await settled(panel(page, "Revenue by category")))
    .getByRole("button", { name: "Beverages" })
    .click();
  const products = await settled(panel(page, "Revenue by product"));
  await expect(products.getByRole("rowheader").first()).toHaveText("Côte de Blaye");
  const forecast = await settled(panel(page, "Forecast of revenue"));
  await expect(forecast).toContainText(/An estimate|No forecast/);
  await expect(forecast).toContainText(/\d+ forecasts of the past, each of 28 days/);
});

test("the Pareto curve agrees with the ABC classes, and saves as SVG", async ({ page }) => {
  await page.goto(`/products${HALF}`);
  const classes = await settled(panel(page, "ABC classes"));
  const inA = /A (\d+)/.exec((await classes.textContent()) ?? "")?.[1];
  const curve = await settled(panel(page, "Pareto curve"));
  await expect(curve).toContainText(new RegExp(`^.*${inA} products of`));
  await expect(curve.getByRole("list", { name: "Annotations" })).toContainText(
    `Class A ends: ${inA} products`,
  );
  await expect(curve.locator("canvas")).toBeVisible();
  const downloading = page.waitForEvent("download");
  await curve.getByRole("button", { name: "Save Pareto curve as SVG" }).click();
  expect((await downloading).suggestedFilename()).toMatch(/^Pareto curve .*\.svg$/);
});
