import { type APIRequestContext, expect, type Page, test } from "@playwright/test";
import { ALL_TIME, leave, panel, REVENUE, settled, slowDown, tile } from "./northwind.ts";

const AS_OF = "x-shopx-as-of";

/** The operation of a request to the API. */
function operation(body: string | null): string {
  return (JSON.parse(body ?? "{}") as { operationName?: string }).operationName ?? "";
}

async function interceptOperation(page: Page, name: string, answer: "fail" | "pass" | "slow") {
  const mode = { answer };
  await page.route("**/graphql", async (route) => {
    if (operation(route.request().postData()) !== name || mode.answer === "pass") {
      await route.fallback();
    } else if (mode.answer === "fail") {
      await route.fulfill({ status: 503, body: "busy" });
    }
    // "slow" never answers.
  });
  return mode;
}

test.afterEach(leave);

test("one failing panel leaves the others, and recovers by itself", async ({ page }) => {
  const mode = await interceptOperation(page, "OverviewSeries", "fail");
  await page.goto(ALL_TIME);
  await expect(tile(page, "REVENUE")).toHaveText(`$${REVENUE}`);
  const chart = panel(page, "Revenue over time");
  await expect(chart.getByRole("alert")).toContainText("The server could not answer");
  mode.answer = "pass";
  await expect(chart.locator("canvas")).toBeVisible();
});

test("a page that the server no longer has leaves the header, and offers to reload", async ({
  page,
}) => {
  await page.goto(ALL_TIME);
  await expect(tile(page, "REVENUE")).toHaveText(`$${REVENUE}`);
  await page.route("**/ProductsPage*", (route) => route.fulfill({ status: 404, body: "" }));
  await page.getByRole("link", { name: "Products" }).click();
  const told = page.getByRole("alert").filter({ hasText: "could not be loaded" });
  await expect(told).toBeVisible();
  await page.getByRole("link", { name: "Overview" }).click();
  await expect(tile(page, "REVENUE")).toHaveText(`$${REVENUE}`);
  await page.getByRole("link", { name: "Products" }).click();
  await page.unroute("**/ProductsPage*");
  await told.getByRole("button", { name: "Reload" }).click();
  await expect(panel(page, "Products").getByRole("table")).toBeVisible();
  expect(page.url()).toContain("range=1996-07-04..1998-05-06");
});

test("a page whose files the next pod does not have is asked for again", async ({ page }) => {
  let missing = 2;
  await page.route("**/assets/index-*.js", async (route) => {
    missing -= 1;
    await (missing < 0 ? route.fallback() : route.fulfill({ status: 404, body: "" }));
  });
  await page.goto(ALL_TIME);
  await expect(tile(page, "REVENUE")).toHaveText(`$${REVENUE}`);
  expect(missing).toBeLessThan(0);
});

test("while an answer is awaited there is a skeleton, then the old answer, marked", async ({
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

test("a panel out of sight asks nothing until it is seen", async ({ page }) => {
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/graphql")) asked.push(operation(request.postData()));
  });
  await page.setViewportSize({ width: 1440, height: 500 });
  await page.goto(ALL_TIME);
  await expect(panel(page, "Revenue over time").locator("canvas")).toBeVisible();
  expect(asked).not.toContain("OverviewHeatmap");
  await panel(page, /by hour and weekday/).scrollIntoViewIfNeeded();
  await expect.poll(() => asked).toContain("OverviewHeatmap");
});

test("never more than three questions are under way at once", async ({ page }) => {
  let open = 0;
  let most = 0;
  await page.route("**/graphql", async (route) => {
    open += 1;
    most = Math.max(most, open);
    const answer = await route.fetch();
    await new Promise((done) => setTimeout(done, 150));
    open -= 1;
    await route.fulfill({ response: answer });
  });
  await page.setViewportSize({ width: 1440, height: 2000 });
  await page.goto(ALL_TIME);
  await expect(panel(page, /by hour and weekday/).getByRole("grid")).toBeVisible();
  expect(most).toBe(3);
});

/** The moments that the panels in sight say they are of; live figures have their own. */
async function moments(page: Page): Promise<Set<string>> {
  await settled(page);
  const shown = page.getByRole("region").filter({ hasNotText: "Today so far" }).locator("time");
  return new Set(
    await shown.evaluateAll((times) => times.map((time) => time.getAttribute("datetime") ?? "")),
  );
}

/** The moment that the server answers as of where none is named. */
async function present(request: APIRequestContext): Promise<string> {
  const data = { query: "query Present { freshness { asOf } }" };
  const answer = await request.post("/graphql", { data });
  return ((await answer.json()) as { extensions: { asOf: string } }).extensions.asOf;
}

test("the server answers each question as of the moment that it names", async ({ page }) => {
  const exchanges = await slowDown(page);
  await page.setViewportSize({ width: 1440, height: 2000 });
  await page.goto(ALL_TIME);
  expect((await moments(page)).size).toBe(1);
  const pinned = exchanges.filter(({ request }) => AS_OF in request.headers());
  expect(pinned.length).toBeGreaterThan(3);
  for (const { request, answer } of pinned) {
    const name = operation(request.postData());
    expect(answer.extensions.snapshot, name).toBe(request.headers()[AS_OF]);
  }
});

test("a page that moved on while it loaded comes to rest at one moment", async ({
  page,
  request,
}) => {
  // The question that is under way while the page moves on.
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let isFirst = true;
  await page.route("**/graphql", async (route) => {
    const isHeld = isFirst && operation(route.request().postData()) === "OverviewSeries";
    if (isHeld) isFirst = false;
    const answer = await route.fetch();
    if (isHeld) await held;
    await route.fulfill({ response: answer });
  });
  await page.setViewportSize({ width: 1440, height: 2000 });
  const ticked = page.waitForResponse(
    (response) => operation(response.request().postData()) === "PageTick",
  );
  await page.clock.install();
  await page.goto(ALL_TIME);
  await expect(panel(page, /by hour and weekday/).getByRole("grid")).toBeVisible();
  const [before] = await panel(page, "Key figures").locator("time").all();
  const first = await before?.getAttribute("datetime");
  await expect.poll(() => present(request)).not.toBe(first);
  // A page that loads is left alone, but not for ever.
  for (let turn = 0; turn < 4; turn += 1) await page.clock.fastForward(60_000);
  await ticked;
  await page.getByRole("button", { name: "Live" }).click();
  release();
  await expect(panel(page, "Revenue over time").locator("canvas")).toBeVisible();
  const shown = await moments(page);
  expect(shown.size).toBe(1);
  expect(shown).not.toContain(first);
});

test("a page that stood still moves as a whole when it is asked something new", async ({
  page,
  request,
}) => {
  // Every panel in sight: what nobody sees keeps its moment until it is seen.
  await page.setViewportSize({ width: 1440, height: 2600 });
  await page.clock.install();
  await page.goto(`/products${ALL_TIME.slice(1)}`);
  await page.getByRole("button", { name: "Live" }).click();
  const first = await moments(page);
  // By the page's clock the server no longer knows that moment; by the server's, which no test
  // turns, the next one comes within the live interval.
  await page.clock.fastForward(180_000);
  await expect.poll(() => present(request)).not.toBe([...first][0]);
  await panel(page, "ABC classes").getByRole("button", { name: "Units" }).click();
  await expect(
    panel(page, "ABC classes").getByRole("columnheader", { name: "Units" }),
  ).toBeVisible();
  const second = await moments(page);
  expect([first.size, second.size]).toEqual([1, 1]);
  expect(second).not.toEqual(first);
});

test("a server that is away is said, and the page comes back", async ({ page }) => {
  await page.route("**/graphql", (route) => route.abort());
  await page.goto(ALL_TIME);
  await expect(page.getByRole("alert")).toContainText("The server cannot be reached");
  await page.unroute("**/graphql");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(tile(page, "REVENUE")).toHaveText(`$${REVENUE}`);
});
