/**
 * Random views: whatever the range, zone, comparison, step and filters, a page's figures, charts,
 * lists and files have the sums that plain SQL finds in the tables that were imported.
 *
 * `VIEWS=100 SEED=7` tries others, by hand.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { savedCsv, scaled, sum } from "./csvFile.ts";
import { panel, tile } from "./dashboardPage.ts";

const SEED = Number(process.env.SEED ?? 1);
const VIEWS = Number(process.env.VIEWS ?? 4);

const FILTERS = {
  category: ["Beverages", "Condiments", "Dairy Products", "Seafood"],
  rep: ["Andrew Fuller", "Margaret Peacock", "Robert King"],
  region: ["Germany", "USA", "Brazil", "Sweden"],
  customer: ["QUICK-Stop", "Ernst Handel", "Save-a-lot Markets"],
} as const;
type Dimension = keyof typeof FILTERS;
type Filters = Readonly<Record<Dimension, readonly string[]>>;

const FIRST = Date.UTC(1996, 6, 4);
const LAST = Date.UTC(1998, 4, 6);
const DAY = 86_400_000;
const ZONES = ["UTC", "UTC", "America/New_York", "Asia/Tokyo"];

interface View {
  /** Calendar days of the zone, both included. */
  readonly from: string;
  readonly to: string;
  readonly zone: string;
  readonly compare: string;
  readonly by: string | null;
  readonly filters: Filters;
}

interface Sums {
  /** A decimal. */
  readonly revenue: string;
  /** Of all lines of the orders, also of those that the filters leave out. */
  readonly wholeOrders: string;
  readonly units: number;
  readonly orders: number;
}

test.skip(process.env.STATE_FOLDER === undefined, "needs STATE_FOLDER, of a dashboard of its own");

for (const view of views(SEED, VIEWS)) {
  test(`one sum everywhere: ${words(view)}`, async ({ page }) => {
    const expected = sumsOf(view, bound(view.from, view), bound(addDays(view.to, 1), view));
    const query = await queryOf(page, view);

    await test.step("overview", async () => {
      await page.goto(`/${query}`);
      const revenue = tile(page, "REVENUE");
      if (expected.orders === 0) {
        await expect(revenue).toHaveText("$0.00");
        return;
      }
      await expect(revenue).toHaveAttribute("title", dollars(expected.revenue));
      await expect(tile(page, "ORDERS")).toHaveText(expected.orders.toLocaleString("en-US"));
      await expect(tile(page, "UNITS")).toHaveText(expected.units.toLocaleString("en-US"));
      await expectSum(page, "Revenue over time", ["Revenue"], expected.revenue, view);
      await expectSum(page, "Revenue by hour and weekday", [HOURS], expected.revenue, view);
      const lists = page.getByRole("button", { name: /^Save Revenue by (?!hour).* as CSV$/ });
      await expect(lists).toHaveCount(2);
      for (const button of await lists.all()) {
        const name = (await button.getAttribute("aria-label")) ?? "";
        const title = name.replace(/^Save (.*) as CSV$/, "$1");
        await expectSum(page, title, ["Revenue"], expected.revenue, view);
      }
    });
    if (expected.orders === 0) return;

    await test.step("products", async () => {
      await page.goto(`/products${query}`);
      for (const title of ["Products", "Categories", "ABC classes"])
        await expectSum(page, title, ["Revenue"], expected.revenue, view);
      const rows = await expectSum(page, "Discounts and margin", [], "0", view);
      const off = sum(rows.map((row) => row.get("Discounts") ?? ""));
      const gross = sum(rows.map((row) => row.get("Gross sales") ?? ""));
      expect(gross - off).toBe(scaled(expected.revenue));
    });

    await test.step("customers", async () => {
      await page.goto(`/customers${query}`);
      const both = ["Returning customers", "New customers"];
      const title = "Revenue from new and returning customers";
      await expectSum(page, title, both, expected.revenue, view);
      await expectSum(page, "Top customers", ["Revenue"], expected.revenue, view);
    });

    await test.step("reps and profitability", async () => {
      await page.goto(`/reps${query}`);
      await expectSum(page, "Leaderboard", ["Revenue"], expected.revenue, view);
      await page.goto(`/profitability${query}`);
      const steps = await expectSum(page, "From gross sales to profit", [], "0", view);
      const revenue = steps.find((row) => row.get("Step") === "Revenue");
      expect(scaled(revenue?.get("Amount") ?? "")).toBe(scaled(expected.revenue));
    });

    await test.step("orders", async () => {
      await page.goto(`/orders${query}`);
      const rows = await expectSum(page, "Orders", ["Revenue"], expected.wholeOrders, view);
      if (view.filters.category.length > 0)
        await expect(panel(page, "Orders").getByText(/amounts are of whole orders/)).toBeVisible();
      expect(rows).toHaveLength(expected.orders);
    });
  });
}

const HOURS = "Revenue by hour and weekday";
type Row = ReadonlyMap<string, string>;

/** Saves a panel's file, and compares the sum of columns, and of those of the time before. */
async function expectSum(
  page: Page,
  title: string,
  columns: readonly string[],
  expected: string,
  view: View,
): Promise<readonly Row[]> {
  const { notes, header, rows: cells } = await savedCsv(page, title);
  const rows = cells.map((row) => new Map(header.map((name, at) => [name, row[at] ?? ""])));
  const total = (name: string) => sum(rows.map((row) => row.get(name) ?? ""));
  const found = columns.map(total).reduce((all, one) => all + one, 0n);
  expect(found, `${title}: ${columns.join(" + ")}`).toBe(scaled(expected));

  const compared = notes.find(([name]) => name === "Compared with");
  const before = ["Compared period", "Revenue before"].find((name) => header.includes(name));
  if (compared !== undefined && before !== undefined) {
    const [, start = "", end = ""] = compared;
    expect(total(before), `${title}: before`).toBe(scaled(sumsOf(view, start, end).revenue));
  }
  return rows;
}

/** What plain SQL says of a time, for the filters of a view. */
function sumsOf({ filters }: View, from: string, to: string): Sums {
  const python = process.env.SHOPX_PYTHON ?? "python3";
  const script = join(import.meta.dirname, "raw_totals.py");
  const asked = JSON.stringify({ from, to, ...filters });
  return JSON.parse(
    execFileSync(python, [script, process.env.STATE_FOLDER ?? "", asked], { encoding: "utf8" }),
  ) as Sums;
}

/** The start of a day, as PostgreSQL reads it. */
function bound(day: string, { zone }: View): string {
  return `${day} 00:00 ${zone}`;
}

async function queryOf(page: Page, view: View): Promise<string> {
  const params = new URLSearchParams({
    range: `${view.from}..${view.to}`,
    compare: view.compare,
    zone: view.zone,
  });
  if (view.by !== null) params.set("by", view.by);
  for (const [name, members] of Object.entries(view.filters)) {
    if (members.length > 0) params.set(name, (await idsOf(page, name, members)).join(","));
  }
  return `?${params}`;
}

async function idsOf(page: Page, dimension: string, names: readonly string[]): Promise<string[]> {
  const query = `query Options($of: Dimension!) {
    filterOptions(dimension: $of, first: 100) { edges { node { id label } } }
  }`;
  const answer = await page.request.post("/graphql", {
    data: { query, variables: { of: dimension.toUpperCase() } },
  });
  const { data } = await answer.json();
  const edges: readonly { node: { id: string; label: string } }[] = data.filterOptions.edges;
  return names.map((name) => {
    const found = edges.find(({ node }) => node.label === name);
    if (found === undefined) throw new Error(`There is no ${dimension} ${name}.`);
    return found.node.id;
  });
}

function views(seed: number, count: number): readonly View[] {
  const random = numbers(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  return Array.from({ length: count }, () => {
    const length = pick([1, 7, 31, 92, 366, 700]);
    const start = FIRST + below((LAST - FIRST) / DAY) * DAY;
    const some = (names: readonly string[]) => names.filter(() => random() < 0.5);
    const filtered = Object.keys(FILTERS).filter(() => random() < 0.3);
    return {
      from: isoDay(start),
      to: isoDay(start + below(length) * DAY),
      zone: pick(ZONES),
      compare: pick(["off", "previous", "year"]),
      by: pick([null, "week", "month", "quarter"]),
      filters: Object.fromEntries(
        Object.entries(FILTERS).map(([name, names]) => [
          name,
          filtered.includes(name) ? some(names) : [],
        ]),
      ) as unknown as Filters,
    };
  });
}

/** Numbers from 0 to below 1 that a seed repeats (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function words({ from, to, zone, compare, by, filters }: View): string {
  const chosen = Object.values(filters).flat();
  return [`${from} to ${to}`, zone, compare, by ?? "any step", ...chosen].join(", ");
}

function isoDay(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}

function addDays(day: string, days: number): string {
  return isoDay(Date.parse(`${day}T00:00Z`) + days * DAY);
}

/** An amount as a figure's title has it: two digits, halves away from zero. */
function dollars(amount: string): string {
  const cents = (scaled(amount) + 50n) / 100n;
  return `$${(cents / 100n).toLocaleString("en-US")}.${String(cents % 100n).padStart(2, "0")}`;
}
