/** Actions and checks on a page of the dashboard that several specs share. */
import AxeBuilder from "@axe-core/playwright";
import { expect, type Locator, type Page, type Request } from "@playwright/test";
import type { ENTITIES } from "./northwind.ts";

/** A panel by its heading. */
export function panel(page: Page, title: string | RegExp): Locator {
  return page.getByRole("region", { name: title });
}

/** The value of a key figure. */
export function tile(page: Page, metric: string): Locator {
  return panel(page, "Key figures").locator(`[data-metric="${metric}"]`);
}

/**
 * Waits until a panel shows the result of its current range, filters and order. Right after a
 * click, the address is new while the rows are still those of before.
 */
export async function settled(shown: Locator): Promise<Locator> {
  await shown.scrollIntoViewIfNeeded();
  await expect(shown).toHaveAttribute("aria-busy", "false");
  await expect(shown.locator("[data-stale]").first()).toHaveAttribute("data-stale", "false");
  return shown;
}

/** Opens a detail page as a user does: by the link in the list. */
export async function openDetailPage(
  page: Page,
  entity: (typeof ENTITIES)[number],
  query: string,
): Promise<void> {
  await page.goto(entity.path + query);
  await panel(page, entity.panel).getByRole("link", { name: entity.name, exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: entity.name })).toBeVisible();
}

/** Scrolls to each panel until it has loaded, and waits until none loads again. */
export async function loadAllPanels(page: Page): Promise<void> {
  await expect(page.getByRole("region").first()).toBeVisible();
  await expect(page.locator("[data-chunk]")).toHaveCount(0);
  for (const shown of await page.locator("section[aria-busy]").all()) {
    await shown.scrollIntoViewIfNeeded();
    await expect(shown).toHaveAttribute("aria-busy", "false");
  }
  await page.evaluate(() => window.scrollTo(0, 0));
  await expect(page.getByText("Loading…")).toHaveCount(0);
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
}

const CPU_SLOWDOWN = 4;

/** For after each test: drops routes that still wait for a response. */
export async function removeRoutes({ page }: { readonly page: Page }): Promise<void> {
  await page.unrouteAll({ behavior: "ignoreErrors" });
}

interface Exchange {
  readonly request: Request;
  readonly response: { readonly extensions: { readonly snapshot: string } };
}

/** Slows the processor down and delays responses by up to 0.3 s; returns all exchanges. */
export async function slowDown(page: Page): Promise<readonly Exchange[]> {
  const exchanges: Exchange[] = [];
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: CPU_SLOWDOWN });
  let requests = 0;
  await page.route("**/graphql", async (route) => {
    requests += 1;
    const wait = 100 * (requests % 4);
    const response = await route.fetch();
    exchanges.push({ request: route.request(), response: await response.json() });
    await new Promise((done) => setTimeout(done, wait));
    await route.fulfill({ response });
  });
  return exchanges;
}

/** Waits until every panel in the viewport has loaded. */
export async function waitForPanels(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const loading = [...document.querySelectorAll('section[aria-busy="true"]')];
    const isInViewport = (element: Element) => {
      const { top, bottom } = element.getBoundingClientRect();
      return top < window.innerHeight && bottom > 0;
    };
    const panels = document.querySelectorAll("section[aria-busy]");
    return panels.length > 0 && !loading.some(isInViewport);
  });
}

/** Collects console errors and uncaught exceptions. */
export function collectErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(error.message));
  return errors;
}

interface Shift {
  readonly value: number;
  /** The elements that moved, with their panels. */
  readonly moved: readonly string[];
}

/** Records layout shifts from the next load on; the returned function reads them. */
export async function recordLayoutShifts(page: Page): Promise<() => Promise<Shift[]>> {
  await page.addInitScript(() => {
    type Source = { node: Node | null };
    type Entry = PerformanceEntry & { value: number; sources: readonly Source[] };
    const shifts: Shift[] = [];
    Object.assign(window, { shifts });
    const name = ({ node }: Source) => {
      const element = node instanceof Element ? node : node?.parentElement;
      const title = element?.closest("section")?.querySelector("h2")?.textContent;
      return `${element?.tagName} ${element?.className} in ${title}`;
    };
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as Entry[]) {
        shifts.push({ value: entry.value, moved: entry.sources.map(name) });
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  return () => page.evaluate(() => (window as unknown as { shifts: Shift[] }).shifts);
}

/** Fails when the page has moved visibly while it loaded. */
export function expectStableLayout(shifts: readonly Shift[]): void {
  const total = shifts.reduce((sum, { value }) => sum + value, 0);
  expect(total, JSON.stringify(shifts, null, 1)).toBeLessThan(0.02);
}

/** Texts that are cut and nowhere whole: neither in their title nor by scrolling. */
export async function cutTexts(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    for (const element of document.querySelectorAll<HTMLElement>("body *")) {
      const own = [...element.childNodes].some(
        (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim(),
      );
      if (!own || element.closest(".visually-hidden, script, style, select, option, svg")) continue;
      if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      const text = element.textContent?.trim() ?? "";
      if (element.closest<HTMLElement>("[title]")?.title.includes(text)) continue;
      const range = document.createRange();
      range.selectNodeContents(element);
      const { left, right, top, bottom, width } = range.getBoundingClientRect();
      if (width < 2) continue;
      // Up to what scrolls, every box that cuts must hold the text.
      for (let box: HTMLElement | null = element; box !== null; box = box.parentElement) {
        const style = getComputedStyle(box);
        if (/auto|scroll/.test(style.overflowX + style.overflowY)) break;
        const edge = box.getBoundingClientRect();
        const isCut =
          (style.overflowX !== "visible" && (left < edge.left - 1 || right > edge.right + 1)) ||
          (style.overflowY !== "visible" && (top < edge.top - 2 || bottom > edge.bottom + 2));
        if (isCut && edge.width > 2) {
          found.push(`${text} (${element.className} in ${box.className})`);
          break;
        }
      }
    }
    return [...new Set(found)];
  });
}

/** Fails when the page is wider than its window. */
export async function expectNoOverflow(page: Page): Promise<void> {
  await expect
    .poll(() =>
      page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      ),
    )
    .toBe(0);
}

/** The accessibility checks of a page, which stays in front: axe opens a blank one otherwise. */
export function axeOf(page: Page): AxeBuilder {
  return new AxeBuilder({ page }).setLegacyMode();
}

/**
 * Fails on serious accessibility violations of the loaded page, in light and in dark. Themes differ
 * in their colours alone, so the second one is only asked about these.
 *
 * @param load - Waits until all is shown; behind a dialog, panels are not there to be found.
 */
export async function expectAccessible(
  page: Page,
  load: (page: Page) => Promise<void> = loadAllPanels,
): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await expect(page.locator("html")).toHaveAttribute("data-theme", colorScheme);
    await load(page);
    const axe = axeOf(page);
    // Named, because the tag of colours also has a rule of level AAA, which is off otherwise.
    if (colorScheme === "dark") axe.withRules(["color-contrast", "link-in-text-block"]);
    const { violations } = await axe.analyze();
    const serious = violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
    expect(serious, colorScheme).toEqual([]);
  }
}
