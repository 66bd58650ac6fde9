/** A page in Firefox, by Puppeteer: Playwright's BiDi wants a newer Firefox than Debian's. */
import { mkdtempSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "@playwright/test";
import puppeteer, { type Browser, type ElementHandle, type Page } from "puppeteer-core";

/** Milliseconds; generous, for busy machines. */
const PATIENCE = 60_000;

export interface FirefoxPage {
  readonly page: Page;
  /** Errors of scripts, and what the page wrote to the console as errors. */
  readonly errors: readonly string[];
  readonly goto: (path: string) => Promise<void>;
  /** The first visible element of a selector with this text or accessible name. */
  readonly find: (selector: string, name: string) => Promise<ElementHandle<Element>>;
  readonly click: (selector: string, name: string) => Promise<void>;
  readonly expectText: (selector: string, text: string | RegExp) => Promise<void>;
  /** Waits until every panel has loaded, each scrolled to. */
  readonly loadAllPanels: () => Promise<void>;
  /** Clicks, and reads the file that the browser saves. */
  readonly download: (selector: string, name: string) => Promise<Buffer>;
}

/** Starts the browser; its files go to a folder of their own. */
export async function startFirefox(): Promise<{ browser: Browser; downloads: string }> {
  const downloads = mkdtempSync(join(tmpdir(), "shopx-firefox-"));
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
    headless: true,
    defaultViewport: { width: 1440, height: 900 },
    extraPrefsFirefox: {
      "intl.accept_languages": "en-US",
      "browser.download.dir": downloads,
      "browser.download.folderList": 2,
      "browser.download.useDownloadDir": true,
      "browser.helperApps.neverAsk.saveToDisk": "application/pdf,text/csv,image/png,image/svg+xml",
      "pdfjs.disabled": true,
    },
  });
  return { browser, downloads };
}

export async function openPage(
  browser: Browser,
  downloads: string,
  base: string,
): Promise<FirefoxPage> {
  const page = await (await browser.createBrowserContext()).newPage();
  page.setDefaultTimeout(PATIENCE);
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", async (message) => {
    if (message.type() !== "error") return;
    const said = message.args().map((value) => value.evaluate(String).catch(() => "?"));
    const [frame] = message.stackTrace();
    errors.push(`${(await Promise.all(said)).join(" ")} at ${frame?.url ?? "an unknown place"}`);
  });

  async function find(selector: string, name: string): Promise<ElementHandle<Element>> {
    const deadline = Date.now() + PATIENCE;
    while (Date.now() < deadline) {
      const handle = await page.evaluateHandle(
        (wanted, words) => {
          const isNamed = (element: Element) => {
            const label = element.getAttribute("aria-label") ?? element.textContent ?? "";
            return label.trim().startsWith(words) && element.getClientRects().length > 0;
          };
          return [...document.querySelectorAll(wanted)].find(isNamed) ?? null;
        },
        selector,
        name,
      );
      const element = handle.asElement() as ElementHandle<Element> | null;
      if (element !== null) return element;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`There is no ${selector} with the text ${name}.`);
  }

  async function click(selector: string, name: string): Promise<void> {
    // A popup moves while it loads.
    await expect(async () => (await find(selector, name)).click()).toPass({ timeout: PATIENCE });
  }

  async function expectText(selector: string, text: string | RegExp): Promise<void> {
    const shown = () =>
      page.evaluate(
        (wanted) =>
          [...document.querySelectorAll(wanted)].map((one) => one.textContent ?? "").join("\n"),
        selector,
      );
    await expect.poll(shown, { timeout: PATIENCE }).toMatch(text);
  }

  return {
    page,
    errors,
    find,
    click,
    expectText,
    goto: async (path) => {
      await page.goto(base + path, { waitUntil: "load" });
      await page.waitForSelector("section");
    },
    loadAllPanels: async () => {
      const busy = () =>
        page.evaluate(() => {
          const waiting = document.querySelector('[data-chunk], section[aria-busy="true"]');
          waiting?.scrollIntoView();
          return waiting === null;
        });
      await expect.poll(busy, { timeout: PATIENCE }).toBe(true);
    },
    download: async (selector, name) => {
      await click(selector, name);
      const isWhole = () =>
        readdirSync(downloads).some((file) => !file.endsWith(".part") && !file.startsWith("."));
      await expect.poll(isWhole, { timeout: PATIENCE }).toBe(true);
      const [file = ""] = readdirSync(downloads).filter((one) => !one.startsWith("."));
      await expect.poll(() => readFileSync(join(downloads, file)).length).toBeGreaterThan(0);
      const kept = join(downloads, `.${file}`);
      renameSync(join(downloads, file), kept);
      return readFileSync(kept);
    },
  };
}

/** Fails when the page is wider than its window. */
export async function expectNoOverflow({ page }: FirefoxPage): Promise<void> {
  const beyond = () =>
    page.evaluate(
      ({ documentElement: root } = document) => root && root.scrollWidth - root.clientWidth,
    );
  await expect.poll(beyond).toBe(0);
}
