import { expect, type Page, test } from "@playwright/test";
import { ALL_TIME, panel, REVENUE, tile } from "./northwind.ts";

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

// A live tick may be on its way when a test is over: it concerns nobody then.
test.afterEach(async ({ page }) => {
  await page.unrouteAll({ behavior: "ignoreErrors" });
});

test("one failing panel leaves the others, and recovers on demand", async ({ page }) => {
  const mode = await interceptOperation(page, "OverviewSeries", "fail");
  await page.goto(ALL_TIME);
  await expect(tile(page, "REVENUE")).toHaveText(`$${REVENUE}`);
  const chart = panel(page, "Revenue over time");
  await expect(chart.getByRole("alert")).toContainText("The server could not answer");
  mode.answer = "pass";
  await chart.getByRole("button", { name: "Try again" }).click();
  await expect(chart.locator("canvas")).toBeVisible();
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

test("all questions of a page are answered as of one moment", async ({ page }) => {
  const moments = new Set<string>();
  page.on("response", async (response) => {
    if (!response.url().endsWith("/graphql")) return;
    const name = operation(response.request().postData());
    // Live figures and the tick read as of now, each time.
    if (name === "OverviewLive" || name === "PageTick") return;
    const { extensions } = (await response.json()) as { extensions: { snapshot: string } };
    moments.add(extensions.snapshot);
  });
  await page.setViewportSize({ width: 1440, height: 2000 });
  await page.goto(ALL_TIME);
  await expect(panel(page, /by hour and weekday/).getByRole("grid")).toBeVisible();
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
  expect(moments.size).toBe(1);
});

test("a server that is away is said, and the page comes back", async ({ page }) => {
  await page.route("**/graphql", (route) => route.abort());
  await page.goto(ALL_TIME);
  await expect(page.getByRole("alert")).toContainText("The server cannot be reached");
  await page.unroute("**/graphql");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(tile(page, "REVENUE")).toHaveText(`$${REVENUE}`);
});
