import { expect, test } from "@playwright/test";
import { collectErrors, tile } from "./dashboardPage.ts";
import { ALL_TIME, REVENUE } from "./northwind.ts";

/** The path below which the dashboard of BASE_URL is; without it there is nothing to test. */
const base = process.env.BASE_PATH ?? "";

test.skip(base === "", "BASE_PATH names no path");

test("below a path, pages, assets, the API, links and reloads work", async ({ page }) => {
  const errors = collectErrors(page);
  const outside: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (!pathname.startsWith(`${base}/`) && pathname !== base) outside.push(pathname);
  });
  // The path without its slash, which is added by a redirect.
  await page.goto(base + ALL_TIME.slice(1));
  await expect(page).toHaveURL(new RegExp(`${base}/\\?`));
  await expect(tile(page, "REVENUE")).toHaveAttribute("title", `$${REVENUE}`);
  await page.getByRole("link", { name: "Customers" }).click();
  await expect(page).toHaveURL(new RegExp(`${base}/customers\\?`));
  await page.reload();
  await page.getByRole("link", { name: "QUICK-Stop" }).first().click();
  await expect(page).toHaveURL(new RegExp(`${base}/customers/`));
  await page.reload();
  await expect(page.getByRole("heading", { name: "QUICK-Stop" })).toBeVisible();
  await page.goBack();
  await expect(page).toHaveURL(new RegExp(`${base}/customers\\?`));
  expect(await page.context().cookies()).toEqual([]);
  expect(outside).toEqual([]);
  expect(errors).toEqual([]);
});

test("below a path, the API explorer asks the API there", async ({ page }) => {
  const response = page.waitForResponse(
    (one) => one.url().endsWith(`${base}/graphql`) && one.request().method() === "POST",
  );
  await page.goto(`${base}/graphql`);
  expect((await response).status()).toBe(200);
});
