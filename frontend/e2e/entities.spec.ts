import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import {
  leave,
  lookAt,
  MEMBERS,
  openMember,
  panel,
  seeAll,
  settled,
  slowDown,
  tile,
  watchErrors,
} from "./northwind.ts";

const YEAR = "?range=1997-01-01..1997-12-31&compare=year";
const [CUSTOMER, REP, PRODUCT] = MEMBERS;

test.afterEach(leave);

test("a customer's page tells worth, scores, expectations and every order", async ({ page }) => {
  const errors = watchErrors(page);
  await openMember(page, CUSTOMER, YEAR);
  await expect(page).toHaveURL(/\/customers\/[^/]+\?range=1997-01-01\.\.1997-12-31&compare=year/);
  await expect(page).toHaveTitle("QUICK-Stop · ShopX Analytics");
  const profile = panel(page, "Lifetime value");
  await expect(profile).toContainText("$110,277.31");
  await expect(profile).toContainText("Recency");
  await expect(tile(page, "REVENUE")).toHaveText("$61,109.91");
  await expect(tile(page, "ORDERS")).toHaveText("14");
  await expect(panel(page, "Revenue over time").locator("canvas")).toBeVisible();
  await expect(
    panel(page, "Revenue by product").getByRole("row", { name: /^Total/ }),
  ).toContainText("$61,109.91");
  const orders = panel(page, "Orders");
  await orders.scrollIntoViewIfNeeded();
  const newest = orders.getByRole("rowheader").first();
  await expect(newest).toHaveText("11021");
  await orders.getByRole("button", { name: "Older" }).click();
  await expect(newest).not.toHaveText("11021");
  await expect(orders.getByText("Page 2")).toBeVisible();
  await orders.getByRole("button", { name: "Older" }).click();
  // 28 orders are twelve, twelve and four.
  await expect(orders.getByRole("rowheader")).toHaveCount(4);
  await expect(orders.getByRole("button", { name: "Older" })).toBeDisabled();
  await page.goBack();
  await expect(panel(page, "Top customers")).toBeVisible();
  expect(errors).toEqual([]);
});

test("a rep's page tells figures, place and months, and leads to others", async ({ page }) => {
  const errors = watchErrors(page);
  await openMember(page, REP, YEAR);
  await expect(tile(page, "REVENUE")).toHaveText("$128,809.79");
  await expect(panel(page, "Place")).toContainText("of 9");
  const months = panel(page, "Attainment by month");
  await expect(months.getByRole("row", { name: /January 1997/ })).toContainText("$23,736.47");
  await expect(months.getByRole("row", { name: /^Together/ })).toContainText("$128,809.79");
  await page.getByRole("link", { name: "Andrew Fuller" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Andrew Fuller" })).toBeVisible();
  expect(errors).toEqual([]);
});

test("a product's page shows its course, and a tile chooses the figure", async ({ page }) => {
  const errors = watchErrors(page);
  await openMember(page, PRODUCT, YEAR);
  await expect(tile(page, "REVENUE")).toHaveText("$49,198.09");
  await page.getByRole("button", { name: /^Units sold/ }).click();
  await expect(panel(page, "Units sold over time").locator("canvas")).toBeVisible();
  await expect(page).toHaveURL(/metric=units/);
  await expect(panel(page, "Units sold by customer").getByRole("link").first()).toBeVisible();
  expect(errors).toEqual([]);
});

test("lists show the trend, the category tree and the grid of scores", async ({ page }) => {
  await page.goto(`/products${YEAR}`);
  await seeAll(page);
  await expect(panel(page, "The best five over time").locator("canvas")).toBeVisible();
  const tree = panel(page, "Categories");
  await expect(tree.getByRole("row", { name: /Dairy Products/ })).toContainText("$115,387.64");
  await tree.getByRole("button", { name: "Beverages" }).click();
  await expect(
    page.getByRole("button", { name: "Remove the filter Category Beverages" }),
  ).toBeVisible();
  await page.goto(`/customers${YEAR}`);
  await seeAll(page);
  const cells = panel(page, "Recency and frequency").locator("td strong");
  const counts = await cells.allTextContents();
  // Every customer who ever ordered is in one cell.
  expect(counts.reduce((total, text) => total + Number(text), 0)).toBe(89);
});

test("an id that names nobody says so and leads back", async ({ page }) => {
  for (const id of ["nonsense", "Q3VzdG9tZXI6OTk5OTk5"]) {
    await page.goto(`/customers/${id}${YEAR}`);
    await expect(page.getByRole("heading", { name: "There is no such customer" })).toBeVisible();
  }
  await page.getByRole("alert").getByRole("link", { name: "Customers" }).click();
  await expect(panel(page, "Top customers")).toBeVisible();
});

test("a link with filters names them without listing everything", async ({ page }) => {
  await page.goto(`/${YEAR}&segment=NONE`);
  await expect(
    page.getByRole("button", { name: "Remove the filter Segment No segment" }),
  ).toBeVisible();
});

test("an empty range tells when sales are, and leads there", async ({ page }) => {
  await page.goto("/?range=2001-01-01..2001-12-31&compare=off");
  const chart = panel(page, "Revenue by category");
  await expect(chart).toContainText("Sales run from Jul 4, 1996 –");
  await chart.getByRole("button", { name: "Show all" }).click();
  await lookAt(tile(page, "REVENUE"));
  await expect(tile(page, "REVENUE")).toHaveText("$1,265,793.04");
});

for (const member of MEMBERS) {
  test(`axe finds nothing serious on a page of ${member.path}, light or dark`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await openMember(page, member, YEAR);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await expect(page.locator("html")).toHaveAttribute("data-theme", colorScheme);
      await seeAll(page);
      const { violations } = await new AxeBuilder({ page }).analyze();
      const grave = violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
      expect(grave, colorScheme).toEqual([]);
    }
  });

  test(`a phone loads a page of ${member.path} in its place and width`, async ({ page }) => {
    await openMember(page, member, YEAR);
    await page.setViewportSize({ width: 390, height: 844 });
    await slowDown(page);
    await page.addInitScript(() => {
      const seen = { shift: 0 };
      Object.assign(window, { seen });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          seen.shift += (entry as PerformanceEntry & { value: number }).value;
        }
      }).observe({ type: "layout-shift", buffered: true });
    });
    await page.reload();
    await expect(page.getByRole("heading", { level: 1, name: member.name })).toBeVisible();
    await settled(page);
    const { shift, wide } = await page.evaluate(() => ({
      shift: (window as unknown as { seen: { shift: number } }).seen.shift,
      wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    }));
    expect(shift).toBeLessThan(0.02);
    expect(wide).toBe(0);
  });
}
