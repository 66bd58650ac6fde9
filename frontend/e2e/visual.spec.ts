/**
 * Panels look as their reference pictures in `e2e/reference` do. `make reference-pictures` renews
 * them; look at the difference before you commit it.
 */
import { expect, type Page, test } from "@playwright/test";
import { loadAllPanels, panel, removeRoutes } from "./dashboardPage.ts";

const YEAR = "?range=1997-01-01..1997-12-31&compare=previous";

test.beforeEach(({ page }) => page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" }));
test.afterEach(removeRoutes);

/** What is not of 1997: hidden in its place, so that the layout stays. */
const HIDDEN = "section p:has(> time) { visibility: hidden !important; }";

async function open(page: Page, path: string, width = 1440): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  await page.goto(path + YEAR);
  await page.addStyleTag({ content: HIDDEN });
  await loadAllPanels(page);
}

async function compare(page: Page, title: string | RegExp, name: string): Promise<void> {
  await expect(panel(page, title)).toHaveScreenshot(`${name}.png`);
}

test("overview", async ({ page }) => {
  await open(page, "/");
  await compare(page, "Key figures", "tiles");
  await compare(page, "Revenue over time", "line");
  await compare(page, /^Forecast of/, "forecast");
  await compare(page, "What explains the change in revenue", "change");
  await page.emulateMedia({ colorScheme: "dark" });
  await compare(page, "Key figures", "tiles-dark");
  await compare(page, /by hour and weekday/, "heat-map-dark");
});

test("products", async ({ page }) => {
  await withMargins(page);
  await open(page, "/products");
  await compare(page, "Margin against volume", "scatter");
  await compare(page, "Pareto curve", "pareto");
  await page.emulateMedia({ colorScheme: "dark" });
  await compare(page, "Margin against volume", "scatter-dark");
});

test("customers", async ({ page }) => {
  await open(page, "/customers");
  await compare(page, "Retention by cohort", "cohorts");
  await compare(page, "Recency and frequency", "segments");
});

test("reps, on a phone", async ({ page }) => {
  await open(page, "/reps", 390);
  await expect(page.getByRole("banner")).toHaveScreenshot("header-phone.png");
  await compare(page, "Leaderboard", "table-phone");
});

test("profitability", async ({ page }) => {
  await open(page, "/profitability");
  await compare(page, "From gross sales to profit", "waterfall");
});

/** Northwind has no costs, so the products get margins here. */
async function withMargins(page: Page): Promise<void> {
  await page.route("**/graphql", async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    const margins = body.data?.products?.margins;
    if (margins === undefined) return route.fulfill({ response });
    const points = Array.from({ length: 40 }, (_, index) => ({
      __typename: "MarginPoint",
      product: { __typename: "Product", id: `p${index}`, name: `Product ${index + 1}` },
      volume: String(Math.round(50_000 / (index + 1))),
      revenue: String(Math.round(50_000 / (index + 1))),
      profit: "1",
      margin: String(((index * 37) % 70) / 100 - 0.1),
    }));
    const changed = { points, typicalVolume: "2439", margin: "0.27", withoutCost: 0 };
    Object.assign(margins, changed);
    await route.fulfill({ response, json: body });
  });
}
