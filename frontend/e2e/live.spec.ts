import { type APIRequestContext, expect, test } from "@playwright/test";
import { panel, tile } from "./dashboardPage.ts";

const SOURCE = "browser-tests";
const PRODUCT = "lamp";

/** Sends a mutation and fails on errors. */
async function mutate(request: APIRequestContext, query: string, variables: object) {
  const response = await request.post("/graphql", {
    data: { query, variables },
    headers: { Authorization: `Bearer ${process.env.API_TOKEN}` },
  });
  const answer = (await response.json()) as { errors?: { message: string }[] };
  expect(answer.errors ?? []).toEqual([]);
}

test("a new order appears by itself, and disappears when it is cancelled", async ({
  page,
  request,
}) => {
  test.skip(process.env.API_TOKEN === undefined, "needs API_TOKEN with the scope ingest");
  await mutate(
    request,
    `mutation Products($products: [ProductInput!]!) {
      upsertProducts(source: "${SOURCE}", products: $products) { rejected }
    }`,
    { products: [{ key: PRODUCT, name: "Lamp" }] },
  );
  await page.goto("/?range=today&compare=off");
  await expect(page.getByText("Sales run from").first()).toBeVisible();

  const key = `order-${Date.now()}`;
  await mutate(
    request,
    `mutation Record($orders: [OrderInput!]!) {
      recordOrders(source: "${SOURCE}", orders: $orders) { recorded }
    }`,
    {
      orders: [
        {
          key,
          orderedAt: new Date().toISOString(),
          lines: [{ product: PRODUCT, quantity: "2", gross: "84.20", discount: "4.20" }],
        },
      ],
    },
  );
  // Without interaction, the page follows within its live interval.
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", "$80.00");
  await expect(tile(page, "ORDERS")).toHaveText("1");
  await expect(panel(page, "Today so far")).toContainText("$80.00");

  await mutate(
    request,
    `mutation Cancel($key: String!) {
      cancelOrder(source: "${SOURCE}", key: $key) { status }
    }`,
    { key },
  );
  // The order's lines and their reversal stay booked today, so today is no day without sales.
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", "$0.00");
  await expect(tile(page, "ORDERS")).toHaveText("0");
});

test("a paused page does not update until it is resumed", async ({ page }) => {
  const ticks: string[] = [];
  page.on("request", (sent) => {
    if (sent.postData()?.includes('"PageTick"')) ticks.push(sent.url());
  });
  await page.clock.install();
  await page.goto("/products?range=today&compare=off");
  await page.getByRole("button", { name: "Live" }).click();
  await expect(page.getByRole("button", { name: "Paused" })).toBeVisible();
  await page.clock.fastForward(60_000);
  expect(ticks).toEqual([]);
  await page.getByRole("button", { name: "Paused" }).click();
  await page.clock.fastForward(10_000);
  await expect.poll(() => ticks.length).toBeGreaterThan(0);
});
