import { type APIRequestContext, expect, type Page, test } from "@playwright/test";
import { panel, removeRoutes, slowDown, tile, waitForPanels } from "./dashboardPage.ts";
import { ALL_TIME, REVENUE } from "./northwind.ts";

const AS_OF = "x-shopx-as-of";

/** The operation name of a request to the API. */
function operationName(body: string | null): string {
  return (JSON.parse(body ?? "{}") as { operationName?: string }).operationName ?? "";
}

async function interceptOperation(page: Page, name: string, answer: "fail" | "pass" | "slow") {
  const mode = { answer };
  await page.route("**/graphql", async (route) => {
    if (operationName(route.request().postData()) !== name || mode.answer === "pass") {
      await route.fallback();
    } else if (mode.answer === "fail") {
      await route.fulfill({ status: 503, body: "busy" });
    }
    // "slow" never answers.
  });
  return mode;
}

test.afterEach(removeRoutes);

test("a failing panel leaves the others alone and recovers by itself", async ({ page }) => {
  const mode = await interceptOperation(page, "OverviewSeries", "fail");
  await page.goto(ALL_TIME);
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", `$${REVENUE}`);
  const chart = panel(page, "Revenue over time");
  await expect(chart.getByRole("alert")).toContainText("The server could not answer");
  mode.answer = "pass";
  await expect(chart.locator("canvas")).toBeVisible();
});

test("a page chunk that the server no longer has keeps the header and offers a reload", async ({
  page,
}) => {
  await page.goto(ALL_TIME);
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", `$${REVENUE}`);
  await page.route("**/ProductsPage*", (route) => route.fulfill({ status: 404, body: "" }));
  await page.getByRole("link", { name: "Products" }).click();
  const alert = page.getByRole("alert").filter({ hasText: "could not be loaded" });
  await expect(alert).toBeVisible();
  await page.getByRole("link", { name: "Overview" }).click();
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", `$${REVENUE}`);
  await page.getByRole("link", { name: "Products" }).click();
  await page.unroute("**/ProductsPage*");
  await alert.getByRole("button", { name: "Reload" }).click();
  await expect(panel(page, "Products").getByRole("table")).toBeVisible();
  expect(page.url()).toContain("range=1996-07-04..1998-05-06");
});

test("a page reloads when another pod does not have its files", async ({ page }) => {
  let missing = 2;
  await page.route("**/assets/index-*.js", async (route) => {
    missing -= 1;
    await (missing < 0 ? route.fallback() : route.fulfill({ status: 404, body: "" }));
  });
  await page.goto(ALL_TIME);
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", `$${REVENUE}`);
  expect(missing).toBeLessThan(0);
});

test("a loading panel shows a skeleton, later the last result marked as stale", async ({
  page,
}) => {
  const mode = await interceptOperation(page, "OverviewSeries", "slow");
  await page.goto(ALL_TIME);
  const chart = panel(page, "Revenue over time");
  await expect(chart.getByText("Loading…")).toBeVisible();
  await expect(chart.getByText("Nothing to show")).toHaveCount(0);
  mode.answer = "pass";
  await page.reload();
  await expect(chart.locator("canvas")).toBeVisible();
  mode.answer = "slow";
  await page.getByRole("button", { name: /^Orders/ }).click();
  await expect(page.locator('[data-stale="true"] canvas')).toBeVisible();
});

test("a panel out of view sends no query until it is in view", async ({ page }) => {
  const requested: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/graphql")) requested.push(operationName(request.postData()));
  });
  await page.setViewportSize({ width: 1440, height: 500 });
  await page.goto(ALL_TIME);
  await expect(panel(page, "Revenue over time").locator("canvas")).toBeVisible();
  expect(requested).not.toContain("OverviewHeatmap");
  await panel(page, /by hour and weekday/).scrollIntoViewIfNeeded();
  await expect.poll(() => requested).toContain("OverviewHeatmap");
});

test("at most three queries are in flight", async ({ page }) => {
  let open = 0;
  let maximum = 0;
  await page.route("**/graphql", async (route) => {
    open += 1;
    maximum = Math.max(maximum, open);
    const answer = await route.fetch();
    await new Promise((done) => setTimeout(done, 150));
    open -= 1;
    await route.fulfill({ response: answer });
  });
  await page.setViewportSize({ width: 1440, height: 2000 });
  await page.goto(ALL_TIME);
  await expect(panel(page, /by hour and weekday/).getByRole("grid")).toBeVisible();
  expect(maximum).toBe(3);
});

/** The as-of times that the panels in the viewport show; live figures have their own. */
async function shownAsOf(page: Page): Promise<Set<string>> {
  await waitForPanels(page);
  const shown = page.getByRole("region").filter({ hasNotText: "Today so far" }).locator("time");
  return new Set(
    await shown.evaluateAll((times) => times.map((time) => time.getAttribute("datetime") ?? "")),
  );
}

/** The as-of time of a request without a snapshot token. */
async function currentAsOf(request: APIRequestContext): Promise<string> {
  const data = { query: "query Present { freshness { asOf } }" };
  const answer = await request.post("/graphql", { data });
  return ((await answer.json()) as { extensions: { asOf: string } }).extensions.asOf;
}

test("the server reads the snapshot that each request names", async ({ page }) => {
  const exchanges = await slowDown(page);
  await page.setViewportSize({ width: 1440, height: 2000 });
  await page.goto(ALL_TIME);
  await expect.poll(async () => (await shownAsOf(page)).size).toBe(1);
  const named = () => exchanges.filter(({ request }) => AS_OF in request.headers());
  // The first panels agree before the others have asked.
  await expect.poll(() => named().length).toBeGreaterThan(3);
  const pinned = named();
  for (const { request, response } of pinned) {
    const name = operationName(request.postData());
    expect(response.extensions.snapshot, name).toBe(request.headers()[AS_OF]);
  }
});

test("a page that moves on while it loads comes to rest at one snapshot", async ({
  page,
  request,
}) => {
  // Holds one response back while the page moves on.
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let isFirst = true;
  await page.route("**/graphql", async (route) => {
    const isHeld = isFirst && operationName(route.request().postData()) === "OverviewSeries";
    if (isHeld) isFirst = false;
    const answer = await route.fetch();
    if (isHeld) await held;
    await route.fulfill({ response: answer });
  });
  await page.setViewportSize({ width: 1440, height: 2000 });
  const ticked = page.waitForResponse(
    (response) => operationName(response.request().postData()) === "PageTick",
  );
  await page.clock.install();
  await page.goto(ALL_TIME);
  await expect(panel(page, /by hour and weekday/).getByRole("grid")).toBeVisible();
  const first = await panel(page, "Key figures").locator("time").first().getAttribute("datetime");
  await expect.poll(() => currentAsOf(request)).not.toBe(first);
  // A loading page skips a few updates, then applies one.
  for (let update = 0; update < 4; update += 1) await page.clock.fastForward(60_000);
  await ticked;
  await page.getByRole("button", { name: "Live" }).click();
  release();
  await expect(panel(page, "Revenue over time").locator("canvas")).toBeVisible();
  // Read again until it rests: a panel may still load what the page has moved on to.
  await expect
    .poll(async () => {
      const shown = await shownAsOf(page);
      return { times: shown.size, isFirst: shown.has(first ?? "") };
    })
    .toEqual({ times: 1, isFirst: false });
});

test("a paused page moves as a whole when one panel changes", async ({ page, request }) => {
  // All panels in the viewport: the others keep their snapshot until they are in view.
  await page.setViewportSize({ width: 1440, height: 2600 });
  await page.clock.install();
  await page.goto(`/products${ALL_TIME.slice(1)}`);
  await page.getByRole("button", { name: "Live" }).click();
  await expect.poll(async () => (await shownAsOf(page)).size).toBe(1);
  const first = await shownAsOf(page);
  // By the page's clock the token has expired. The server has a clock of its own, and takes the
  // next snapshot within the live interval.
  await page.clock.fastForward(180_000);
  await expect.poll(() => currentAsOf(request)).not.toBe([...first][0]);
  await panel(page, "ABC classes").getByRole("button", { name: "Units" }).click();
  await expect(
    panel(page, "ABC classes").getByRole("columnheader", { name: "Units" }),
  ).toBeVisible();
  await expect
    .poll(async () => {
      const shown = await shownAsOf(page);
      return { times: shown.size, isFirst: shown.has([...first][0] ?? "") };
    })
    .toEqual({ times: 1, isFirst: false });
});

test("an unreachable server is reported, and the page recovers by itself", async ({ page }) => {
  await page.route("**/graphql", (route) => route.abort());
  await page.goto(ALL_TIME);
  await expect(page.getByRole("alert")).toContainText("The server cannot be reached");
  await page.unroute("**/graphql");
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", `$${REVENUE}`);
});
