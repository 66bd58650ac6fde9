import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { leave, PAGES, panel, seeAll, settled, slowDown, watchErrors } from "./northwind.ts";

const YEAR = "?range=1997-01-01..1997-12-31&compare=previous";

test.afterEach(leave);

test("each page answers with its panels", async ({ page }) => {
  const errors = watchErrors(page);
  await page.goto(`/${YEAR}`);
  await page.getByRole("link", { name: "Products" }).click();
  await expect(page).toHaveURL(`/products${YEAR}`);
  await expect(panel(page, "Products").getByRole("row", { name: /Côte de Blaye/ })).toContainText(
    "$49,198.09",
  );
  await seeAll(page);
  await expect(panel(page, "ABC classes")).toContainText("A 37");
  await expect(panel(page, "Bought together").getByRole("rowheader").first()).toBeVisible();

  await page.getByRole("link", { name: "Customers" }).click();
  await expect(panel(page, "Top customers").getByRole("rowheader").first()).toHaveText(
    "QUICK-Stop",
  );
  await seeAll(page);
  await expect(panel(page, "Segments").getByRole("row", { name: /Champions/ })).toBeVisible();
  await expect(panel(page, "Retention by cohort").getByRole("table")).toBeVisible();
  await expect(panel(page, "Lifetime value")).toContainText("Median so far");

  await page.getByRole("link", { name: "Reps" }).click();
  await expect(panel(page, "Leaderboard").getByRole("rowheader").first()).toBeVisible();
  await expect(
    panel(page, "Leaderboard").getByRole("columnheader", { name: "Attainment" }),
  ).toBeVisible();

  await page.getByRole("link", { name: "Profitability" }).click();
  await expect(panel(page, "From gross sales to profit")).toContainText("$658,388.75");
  await expect(panel(page, "From gross sales to profit")).toContainText("-$41,303.55");
  await seeAll(page);
  await expect(panel(page, /Loss-makers/)).toContainText("Nothing was sold at a loss");
  expect(errors).toEqual([]);
});

test("an address without a page says so", async ({ page }) => {
  await page.goto("/nowhere");
  await expect(page.getByRole("heading", { name: "There is no such page" })).toBeVisible();
});

for (const path of PAGES) {
  test(`axe finds nothing serious on ${path}, light or dark`, async ({ page }) => {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      if (colorScheme === "light") await page.goto(path + YEAR);
      await expect(page.locator("html")).toHaveAttribute("data-theme", colorScheme);
      await seeAll(page);
      const { violations } = await new AxeBuilder({ page }).analyze();
      const grave = violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
      expect(grave, colorScheme).toEqual([]);
    }
  });
}

for (const path of PAGES) {
  test(`a phone does not scroll sideways on ${path}, and shows where it is`, async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(path + YEAR);
    const current = page.getByRole("navigation", { name: "Pages" }).locator("[aria-current]");
    // A part of a pixel may be cut off.
    await expect(current).toBeInViewport({ ratio: 0.99 });
    await seeAll(page);
    const widths = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ]);
    expect(widths[0]).toBe(widths[1]);
  });
}

interface Shift {
  readonly value: number;
  /** What moved, with the panel that it belongs to. */
  readonly moved: readonly string[];
}

/** Sums up what moves without the reader's doing, and remembers what it was. */
async function watchShifts(page: Page): Promise<() => Promise<Shift[]>> {
  await page.addInitScript(() => {
    type Source = { node: Node | null };
    type Entry = PerformanceEntry & { value: number; sources: readonly Source[] };
    const shifts: Shift[] = [];
    Object.assign(window, { shifts });
    const name = ({ node }: Source) => {
      const element = node instanceof Element ? node : node?.parentElement;
      const title = element?.closest("section")?.querySelector("h2")?.textContent;
      return `${element?.tagName} ${element?.className} in ${title}`;
    };
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as Entry[]) {
        shifts.push({ value: entry.value, moved: entry.sources.map(name) });
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  return () => page.evaluate(() => (window as unknown as { shifts: Shift[] }).shifts);
}

for (const [device, width, height] of [
  ["a desktop", 1440, 900],
  ["a tall window", 1440, 2400],
  ["a phone", 390, 844],
] as const) {
  for (const path of PAGES) {
    test(`nothing moves on ${path} while a slow machine loads it: ${device}`, async ({ page }) => {
      await page.setViewportSize({ width, height });
      await slowDown(page);
      const shifts = await watchShifts(page);
      await page.goto(path + YEAR);
      await expect(page.getByRole("region").first()).toBeVisible();
      await settled(page);
      const seen = await shifts();
      const sum = seen.reduce((total, { value }) => total + value, 0);
      expect(sum, JSON.stringify(seen, null, 1)).toBeLessThan(0.02);
    });
  }
}

test("the API explorer runs a query from the product's own assets", async ({ page, baseURL }) => {
  const foreign: string[] = [];
  const errors = watchErrors(page);
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && origin !== baseURL) foreign.push(request.url());
  });
  await page.goto("/graphql");
  // The editor comes empty and gets its text a moment later.
  await expect(page.locator(".graphiql-query-editor")).toContainText("KeyFigures");
  await page.getByRole("button", { name: /Execute query/ }).click();
  await expect(page.locator(".graphiql-response")).toContainText('"REVENUE"');
  expect(foreign).toEqual([]);
  expect(errors).toEqual([]);
});
