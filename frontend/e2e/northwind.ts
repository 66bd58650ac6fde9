/** What is known of Northwind, and small helpers that several specs share. */
import { expect, type Locator, type Page } from "@playwright/test";

/** Net of discounts, over all time. */
export const REVENUE = "1,265,793.04";
export const ALL_TIME = "/?range=1996-07-04..1998-05-06&compare=off";

export const PAGES = ["/", "/products", "/customers", "/reps", "/profitability"] as const;

/** A panel by its heading. */
export function panel(page: Page, title: string | RegExp): Locator {
  return page.getByRole("region", { name: title });
}

/** The figure of a tile. */
export function tile(page: Page, metric: string): Locator {
  return panel(page, "Key figures").locator(`[data-metric="${metric}"]`);
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
