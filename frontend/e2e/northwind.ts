/** What is known of Northwind, and small helpers that several specs share. */
import { expect, type Locator, type Page, type Request } from "@playwright/test";

/** Net of discounts, over all time. */
export const REVENUE = "1,265,793.04";
export const ALL_TIME = "/?range=1996-07-04..1998-05-06&compare=off";

/** Pages of one member, each of whom sold or bought something in any year. */
export const MEMBERS = [
  { path: "/customers", panel: "Top customers", name: "QUICK-Stop" },
  { path: "/reps", panel: "Leaderboard", name: "Margaret Peacock" },
  { path: "/products", panel: "Products", name: "Côte de Blaye" },
] as const;

export const PAGES = ["/", "/products", "/customers", "/reps", "/profitability"] as const;

/** A panel by its heading. */
export function panel(page: Page, title: string | RegExp): Locator {
  return page.getByRole("region", { name: title });
}

/** The figure of a tile. */
export function tile(page: Page, metric: string): Locator {
  return panel(page, "Key figures").locator(`[data-metric="${metric}"]`);
}

/** Scrolls to something: to click elsewhere may have moved it away, and then it asks nothing. */
export async function lookAt(place: Locator): Promise<void> {
  await place.scrollIntoViewIfNeeded();
}

/** Goes to the page of one member as a reader does: from the list, by the name. */
export async function openMember(
  page: Page,
  member: (typeof MEMBERS)[number],
  query: string,
): Promise<void> {
  await page.goto(member.path + query);
  await panel(page, member.panel).getByRole("link", { name: member.name, exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: member.name })).toBeVisible();
}

/** Scrolls through the page, so that each panel is seen once, and waits for their answers. */
export async function seeAll(page: Page): Promise<void> {
  await expect(page.getByRole("region").first()).toBeVisible();
  await page.evaluate(async () => {
    for (let y = 0; y < document.body.scrollHeight; y += 400) {
      window.scrollTo(0, y);
      await new Promise((done) => setTimeout(done, 60));
    }
    window.scrollTo(0, 0);
  });
  await expect(page.getByText("Loading…")).toHaveCount(0);
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
}

const SLOWER = 4;

/** For after each test: an answer may be on its way when a test is over, and concerns nobody. */
export async function leave({ page }: { readonly page: Page }): Promise<void> {
  await page.unrouteAll({ behavior: "ignoreErrors" });
}

interface Exchange {
  readonly request: Request;
  readonly answer: { readonly extensions: { readonly snapshot: string } };
}

/** A processor a few times slower, and answers that come one after the other: all are returned. */
export async function slowDown(page: Page): Promise<readonly Exchange[]> {
  const exchanges: Exchange[] = [];
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  let asked = 0;
  await page.route("**/graphql", async (route) => {
    asked += 1;
    const wait = 100 * (asked % SLOWER);
    const response = await route.fetch();
    exchanges.push({ request: route.request(), answer: await response.json() });
    await new Promise((done) => setTimeout(done, wait));
    await route.fulfill({ response });
  });
  return exchanges;
}

/** Waits until every panel in sight has its answer. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const waiting = [...document.querySelectorAll('section[aria-busy="true"]')];
    const isInSight = (element: Element) => {
      const { top, bottom } = element.getBoundingClientRect();
      return top < window.innerHeight && bottom > 0;
    };
    const panels = document.querySelectorAll("section[aria-busy]");
    return panels.length > 0 && !waiting.some(isInSight);
  });
}

/** Collects what a healthy page never has: errors in its console, exceptions, failed requests. */
export function watchErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(error.message));
  return errors;
}

/** Adds exact decimals without losing a cent: the result counts ten-thousandths. */
export function sum(values: readonly string[]): bigint {
  return values.reduce((total, value) => total + scaled(value), 0n);
}

export function scaled(value: string, places = 4): bigint {
  const [whole = "0", fraction = ""] = value.replace("-", "").split(".");
  if (fraction.length > places) throw new Error(`${value} has more than ${places} digits.`);
  const size = BigInt(whole + fraction.padEnd(places, "0"));
  return value.startsWith("-") ? -size : size;
}
