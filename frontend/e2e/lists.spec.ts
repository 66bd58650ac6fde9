/** Lists are ordered, searched and paged by the server, over all members. */
import { readFile } from "node:fs/promises";
import { expect, type Page, test } from "@playwright/test";
import { loadAllPanels, panel, settled } from "./dashboardPage.ts";
import { PAGES } from "./northwind.ts";

const COMPARED = "?range=1997-07-01..1997-12-31&compare=previous";

/** The names on all pages of a list. */
async function walk(page: Page, title: string): Promise<string[]> {
  const list = panel(page, title);
  const names: string[] = [];
  for (;;) {
    await settled(list);
    const rows = list.locator("tbody").getByRole("rowheader");
    names.push(...(await rows.allInnerTexts()));
    await expect(list.getByText(new RegExp(`–${names.length} of `))).toBeVisible();
    const next = list.getByRole("button", { name: /^Next page/ });
    if (await next.isDisabled()) return names;
    await next.click();
    await expect(list.getByText(new RegExp(`^${names.length + 1}–`))).toBeVisible();
  }
}

test("every customer is reached, once, in any order", async ({ page }) => {
  await page.goto(`/${COMPARED}&who=customer`);
  const all = await walk(page, "Revenue by customer");
  expect(new Set(all).size).toBe(all.length);
  await page.goto(`/${COMPARED}&who=customer&who-sort=change-asc`);
  const again = await walk(page, "Revenue by customer");
  expect(again.toSorted()).toEqual(all.toSorted());
  expect(again).not.toEqual(all);
});

test("the largest falls are found, those to nothing among them", async ({ page }) => {
  await page.goto(`/${COMPARED}&what=product`);
  const list = panel(page, "Revenue by product");
  await list.scrollIntoViewIfNeeded();
  await list.getByRole("button", { name: "Δ" }).click();
  await list.getByRole("button", { name: "Δ" }).click();
  await expect(page).toHaveURL(/what-sort=difference-asc/);
  // Until the rows in the new order arrive, the list shows those in the old one.
  await settled(list);
  const fallen = await list.locator("tbody").getByRole("rowheader").first().textContent();
  const movers = page.getByRole("table", { name: "Biggest falls" });
  await expect(movers.getByRole("rowheader").first()).toHaveText(fallen ?? "");
  await page.reload();
  await settled(list);
  await expect(list.locator("tbody").getByRole("rowheader").first()).toHaveText(fallen ?? "");
});

test("a search finds what no first page shows, and its file has the same rows", async ({
  page,
}) => {
  await page.goto(`/products${COMPARED}`);
  const list = panel(page, "Products");
  await list.getByRole("searchbox").fill("chai");
  await expect(list.locator("tbody").getByRole("rowheader")).toHaveText(["Chai"]);
  const downloading = page.waitForEvent("download");
  await list.getByRole("button", { name: "Save products as CSV" }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe("Revenue by product 1997-07-01 to 1997-12-31.csv");
  const text = await readFile(await download.path(), "utf8");
  expect(text).toContain("Search,chai");
  expect(text.trim().split("\r\n\r\n")[1]?.split("\r\n")).toHaveLength(2);
});

test("a list is saved as a workbook with all its rows", async ({ page }) => {
  await page.goto(`/products${COMPARED}`);
  const list = await settled(panel(page, "Products"));
  const downloading = page.waitForEvent("download");
  await list.getByRole("button", { name: "Save products as XLSX" }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe("Revenue by product 1997-07-01 to 1997-12-31.xlsx");
  const bytes = await readFile(await download.path());
  expect(bytes.subarray(0, 2).toString()).toBe("PK");
});

test("the orders behind a figure are listed, found and saved", async ({ page }) => {
  await page.goto(`/orders${COMPARED}`);
  const list = panel(page, "Orders");
  await expect(list.getByText("1–25 of 223")).toBeVisible();
  await list.getByRole("searchbox").fill("ernst");
  await expect(list.getByRole("link", { name: "Ernst Handel" }).first()).toBeVisible();
  await expect(list.getByText(/^1–\d+ of \d\d?$/)).toBeVisible();
});

test("a search is in the address, and comes back with it", async ({ page }) => {
  await page.goto(`/products${COMPARED}`);
  const list = panel(page, "Products");
  await list.getByRole("searchbox").fill("  chai ");
  await expect(page).toHaveURL(/rank-search=chai/);
  await page.reload();
  await expect(list.getByRole("searchbox")).toHaveValue("chai");
  await expect(list.locator("tbody").getByRole("rowheader")).toHaveText(["Chai"]);
});

test("orders are sorted by amount, and each opens its lines, which add up", async ({ page }) => {
  await page.goto(`/orders${COMPARED}&orders-sort=revenue-desc`);
  const list = panel(page, "Orders");
  await settled(list);
  await expect(list).toContainText("223 orders");
  const first = list.locator("tbody").getByRole("row").first();
  // The largest of the half-year, with the time of day.
  await expect(first).toContainText("10691");
  await expect(first).toContainText("Oct 3, 1997, 00:00");
  await first.getByRole("link", { name: "10691" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Order 10691" })).toBeVisible();
  const lines = panel(page, "Lines");
  await expect(lines.locator("tbody").getByRole("row")).toHaveCount(5);
  await expect(lines.getByRole("row", { name: /^Together/ })).toContainText("$10,164.80");
  await page.getByRole("link", { name: "QUICK-Stop" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "QUICK-Stop" })).toBeVisible();
});

for (const path of PAGES) {
  test(`the amounts of one column have one precision on ${path}`, async ({ page }) => {
    await page.goto(`${path}?range=1997-01-01..1997-12-31&compare=previous`);
    await loadAllPanels(page);
    const columns = await page.locator("table").evaluateAll((tables) =>
      tables.flatMap((table) => {
        const name = table.querySelector("caption")?.textContent ?? "";
        const rows = [...table.querySelectorAll("tr")].map((row) => [...row.children]);
        return (rows[0] ?? []).map((head, place) => ({
          name: `${name}: ${head.textContent}`,
          amounts: rows
            .map((row) => row[place]?.textContent?.trim() ?? "")
            .filter((text) => /^[+−]?\$/.test(text)),
        }));
      }),
    );
    const mixed = columns.filter(
      ({ amounts }) =>
        new Set(amounts.map((text) => text.split(".")[1]?.length ?? 0)).size > 1 ||
        amounts.some((text) => /[KMB]$/.test(text)),
    );
    expect(mixed).toEqual([]);
  });
}
