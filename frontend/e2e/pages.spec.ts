import { expect, test } from "@playwright/test";
import {
  collectErrors,
  expectAccessible,
  expectNoOverflow,
  expectStableLayout,
  loadAllPanels,
  panel,
  recordLayoutShifts,
  removeRoutes,
  slowDown,
  waitForPanels,
} from "./dashboardPage.ts";
import { PAGES } from "./northwind.ts";

const YEAR = "?range=1997-01-01..1997-12-31&compare=previous";

test.afterEach(removeRoutes);

test("each page shows its panels", async ({ page }) => {
  const errors = collectErrors(page);
  await page.goto(`/${YEAR}`);
  await page.getByRole("link", { name: "Products" }).click();
  await expect(page).toHaveURL(`/products${YEAR}`);
  await expect(panel(page, "Products").getByRole("row", { name: /Côte de Blaye/ })).toContainText(
    "$49,198",
  );
  await loadAllPanels(page);
  await expect(panel(page, "ABC classes")).toContainText("A 37");
  await expect(panel(page, "Bought together").getByRole("rowheader").first()).toBeVisible();

  await page.getByRole("link", { name: "Customers" }).click();
  await expect(panel(page, "Top customers").getByRole("rowheader").first()).toHaveText(
    "QUICK-Stop",
  );
  await loadAllPanels(page);
  await expect(panel(page, "Segments").getByRole("row", { name: /Champions/ })).toBeVisible();
  await expect(panel(page, "Retention by cohort").getByRole("table")).toBeVisible();
  await expect(panel(page, "Lifetime value")).toContainText("Median so far");
  await expect(panel(page, "Revenue concentration")).toContainText(
    /Top 10% of customers \(\d+\) make [\d.]+% of revenue/,
  );

  await page.getByRole("link", { name: "Reps" }).click();
  await expect(panel(page, "Leaderboard").getByRole("rowheader").first()).toBeVisible();
  await expect(
    panel(page, "Leaderboard").getByRole("columnheader", { name: "Attainment" }),
  ).toBeVisible();

  await page.getByRole("link", { name: "Profitability" }).click();
  await expect(panel(page, "From gross sales to profit")).toContainText("$658,389");
  await expect(panel(page, "From gross sales to profit")).toContainText("−$41,304");
  await loadAllPanels(page);
  await expect(panel(page, /Loss-makers/)).toContainText("No costs are known");
  expect(errors).toEqual([]);
});

test("an unknown path says that there is no such page", async ({ page }) => {
  await page.goto("/nowhere");
  await expect(page.getByRole("heading", { name: "There is no such page" })).toBeVisible();
});

for (const path of PAGES) {
  for (const width of [1440, 390]) {
    test(`${path} has no serious accessibility violations, light or dark: ${width}`, async ({
      page,
    }) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
      await page.goto(path + YEAR);
      await expectAccessible(page);
    });
  }
}

test("on a phone, header and pickers take a row each, and icons have names", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`/${YEAR}`);
  await expect
    .poll(async () => (await panel(page, "Key figures").boundingBox())?.y)
    .toBeLessThan(125);
  for (const name of ["Definitions", "Filter", /^Live|^Offline/, /vs\. previous/, /^UTC|\//]) {
    await expect(page.getByRole("button", { name }).first()).toBeVisible();
  }
});

test("on a phone, the names stay while the figures scroll", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`/products${YEAR}`);
  const name = panel(page, "Products").getByRole("rowheader").first();
  await expect(name).toBeVisible();
  await name.scrollIntoViewIfNeeded();
  await panel(page, "Products")
    .getByRole("table")
    .evaluate((table) => {
      const scroller = table.parentElement;
      if (scroller) scroller.scrollLeft = scroller.scrollWidth;
    });
  await expect(name).toBeInViewport({ ratio: 0.9 });
});

for (const path of PAGES) {
  test(`a phone does not scroll sideways on ${path}, and shows the current link`, async ({
    page,
  }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(path + YEAR);
    const current = page.getByRole("navigation", { name: "Pages" }).locator("[aria-current]");
    // A fraction of a pixel may be cut off.
    await expect(current).toBeInViewport({ ratio: 0.99 });
    await loadAllPanels(page);
    await expectNoOverflow(page);
  });
}

for (const [device, width, height] of [
  ["a desktop", 1440, 900],
  ["a tall window", 1440, 2400],
  ["a phone", 390, 844],
] as const) {
  for (const path of PAGES) {
    test(`nothing moves while a slow machine loads ${path}: ${device}`, async ({ page }) => {
      await page.setViewportSize({ width, height });
      await slowDown(page);
      const shifts = await recordLayoutShifts(page);
      await page.goto(path + YEAR);
      await expect(page.getByRole("region").first()).toBeVisible();
      await waitForPanels(page);
      expectStableLayout(await shifts());
    });
  }
}

test("the API explorer runs a query without assets from other hosts", async ({ page, baseURL }) => {
  const foreign: string[] = [];
  const errors = collectErrors(page);
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && origin !== baseURL) foreign.push(request.url());
  });
  await page.goto("/graphql");
  // The editor starts empty and gets its text later.
  await expect(page.locator(".graphiql-query-editor")).toContainText("KeyFigures");
  await page.getByRole("button", { name: /Execute query/ }).click();
  await expect(page.locator(".graphiql-response")).toContainText('"REVENUE"');
  expect(foreign).toEqual([]);
  expect(errors).toEqual([]);
});
