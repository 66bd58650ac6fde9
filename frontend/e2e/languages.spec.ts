/** The page in each language, and that every text of it can be translated. */
import { expect, type Page, test } from "@playwright/test";
import { cutTexts, expectAccessible, expectNoOverflow, loadAllPanels } from "./dashboardPage.ts";
import { PAGES } from "./northwind.ts";

const YEAR = "?range=1997-01-01..1997-12-31&compare=previous";
const LAID_OUT = ["/", "/products", "/customers"];
const LANGUAGES = [
  { language: "de", dir: "ltr", heading: "Kennzahlen" },
  { language: "ar", dir: "rtl", heading: "المؤشرات الرئيسية" },
  { language: "ja", dir: "ltr", heading: "主要指標" },
];

async function openIn(page: Page, language: string, path: string): Promise<void> {
  await page.addInitScript((chosen) => {
    window.localStorage.setItem("shopx.language", chosen);
  }, language);
  await page.goto(path + YEAR);
  await loadAllPanels(page);
}

for (const { language, dir, heading } of LANGUAGES) {
  for (const width of [1440, 390]) {
    test(`${language} at ${width}: its direction, accessible, no wider than the window`, async ({
      page,
    }) => {
      await page.setViewportSize({ width, height: 900 });
      for (const path of LAID_OUT) {
        await openIn(page, language, path);
        await expect(page.locator("html")).toHaveAttribute("lang", language);
        await expect(page.locator("html")).toHaveAttribute("dir", dir);
        if (path === "/") await expect(page.getByRole("heading", { name: heading })).toBeVisible();
        await expectNoOverflow(page);
        await expectAccessible(page);
      }
    });
  }
}

for (const language of ["de", "ar"]) {
  for (const path of PAGES) {
    test(`no text of ${path} is cut in ${language}`, async ({ page }) => {
      await openIn(page, language, path);
      for (const width of [390, 1280, 1440]) {
        await page.setViewportSize({ width, height: 900 });
        await loadAllPanels(page);
        expect.soft(await cutTexts(page), `at ${width}`).toEqual([]);
      }
    });
  }
}

/** Words with letters, and long numbers: a short one may be a part of a date by chance. */
const NAMES_AND_KEYS = /[\p{L}\p{N}]*\p{L}[\p{L}\p{N}]*|\p{N}{4,}/gu;

test.describe("in Egypt", () => {
  // Browsers write "ar" alone with the digits of the Maghreb, which are those of Europe.
  test.use({ locale: "ar-EG" });
  for (const path of PAGES) {
    test(`every number of ${path} has Arabic-Indic digits`, async ({ page }) => {
      const words = await collectWords(page, NAMES_AND_KEYS);
      await openIn(page, "ar", path);
      expect(await withLatinDigits(page, words)).toEqual([]);
      await page.unrouteAll({ behavior: "ignoreErrors" });
    });
  }
});

/** Texts with digits of another script that are no name, key or code of the database. */
async function withLatinDigits(page: Page, known: ReadonlySet<string>): Promise<readonly string[]> {
  const texts = await page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found: string[] = [];
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (parent?.closest("script, style, code, kbd, noscript")) continue;
      found.push(node.textContent ?? "");
    }
    return found;
  });
  const isUnknown = (word: string) => !known.has(word);
  return [...new Set(texts)].filter((text) =>
    (text.match(/[\p{L}\p{N}]*[0-9][\p{L}\p{N}]*/gu) ?? []).some(isUnknown),
  );
}

test("the language is chosen in the footer and kept", async ({ page }) => {
  await page.goto(`/${YEAR}`);
  await page.getByRole("combobox", { name: "Language" }).selectOption("de");
  await expect(page.getByRole("heading", { name: "Kennzahlen" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("combobox", { name: "Sprache" })).toHaveValue("de");
});

/** Words that are the same in every language. */
const NAMES = new Set([
  "ShopX",
  "Analytics",
  "CSV",
  "XLSX",
  "PNG",
  "SVG",
  "UTC",
  "Ctrl",
  "Esc",
  "SHA",
  "shx",
]);

/** Words of a page that no catalogue has: neither accented nor from the database. */
async function untranslated(page: Page, known: ReadonlySet<string>): Promise<readonly string[]> {
  const texts = await page.evaluate(() => {
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (parent?.closest("script, style, code, kbd, option, noscript")) continue;
      found.push(node.textContent ?? "");
    }
    for (const element of document.querySelectorAll(
      "[aria-label], [title], [placeholder], [alt]",
    )) {
      for (const name of ["aria-label", "title", "placeholder", "alt"]) {
        found.push(element.getAttribute(name) ?? "");
      }
    }
    return found;
  });
  const isUnknown = (word: string) => !known.has(word) && !NAMES.has(word);
  return [...new Set(texts)].filter((text) =>
    (text.match(/(?<![\p{L}\p{M}])[A-Za-z]{3,}(?![\p{L}\p{M}])/gu) ?? []).some(isUnknown),
  );
}

/** Collects the words of what the API answers, but not those of the registry of metrics. */
async function collectWords(page: Page, word = /[A-Za-z]+/g): Promise<Set<string>> {
  const words = new Set<string>();
  const take = (value: unknown, key = ""): void => {
    if (key === "metrics") return;
    if (typeof value === "string") {
      for (const one of value.match(word) ?? []) words.add(one);
    } else if (value !== null && typeof value === "object") {
      for (const [name, inner] of Object.entries(value)) take(inner, name);
    }
  };
  await page.route("**/graphql", async (route) => {
    const response = await route.fetch();
    take(await response.json().catch(() => null));
    await route.fulfill({ response });
  });
  const names = (options: Intl.DateTimeFormatOptions, dates: readonly number[]) => {
    for (const date of dates) take(new Intl.DateTimeFormat("en", options).format(date));
  };
  const months = Array.from({ length: 12 }, (_, month) => Date.UTC(2024, month, 1));
  const days = Array.from({ length: 7 }, (_, day) => Date.UTC(2024, 0, 1 + day));
  for (const style of ["short", "long"] as const) {
    names({ month: style }, months);
    names({ weekday: style }, days);
  }
  return words;
}

for (const path of PAGES) {
  test(`every text of ${path} is in the catalogues`, async ({ page }) => {
    const words = await collectWords(page);
    await openIn(page, "pseudo", path);
    expect(await untranslated(page, words)).toEqual([]);
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });
}
