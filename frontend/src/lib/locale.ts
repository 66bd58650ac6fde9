/** The language of the page, and the locale of its numbers and dates. */

const STORED = "shopx.language";

/** The languages to choose from, each by its own name. */
export const LANGUAGES = { en: "English", de: "Deutsch", ar: "العربية", ja: "日本語" } as const;

export type Language = keyof typeof LANGUAGES;

/** Languages that are written from right to left. */
const RIGHT_TO_LEFT: readonly string[] = ["ar"];

/** English with accents: tests use it to find texts that cannot be translated. */
const PSEUDO = "pseudo";

interface Choice {
  readonly language: Language | typeof PSEUDO;
  /** BCP 47, with the user's own region where the browser names one: "en-GB". */
  readonly locale: string;
}

/**
 * The stored language, else the dashboard's, else the first of the browser's that the page has, else
 * English. Numbers and dates follow the same language: a mix ("Revenue, 12. März") is harder to read.
 */
export function pickLanguage(
  stored: string | null,
  dashboard: string,
  browser: readonly string[],
): Choice {
  if (stored === PSEUDO) return { language: PSEUDO, locale: "en" };
  const known = (tag: string) => isLanguage(base(tag));
  const first = [stored ?? "", dashboard].find(isLanguage) ?? base(browser.find(known) ?? "en");
  const language = isLanguage(first) ? first : "en";
  return { language, locale: browser.find((tag) => base(tag) === language) ?? language };
}

function base(tag: string): string {
  return tag.toLowerCase().split("-")[0] ?? tag;
}

function isLanguage(text: string): text is Language {
  return Object.hasOwn(LANGUAGES, text);
}

function stored(): string | null {
  try {
    return globalThis.localStorage?.getItem(STORED) ?? null;
  } catch {
    // Without storage, the browser decides.
    return null;
  }
}

export const { language: LANGUAGE, locale: LOCALE } = pickLanguage(
  stored(),
  globalThis.document?.querySelector<HTMLMetaElement>("[name=default-language]")?.content ?? "",
  globalThis.navigator?.languages ?? [],
);

/** Whether the page runs from right to left; its time axes do so too. */
export const IS_RIGHT_TO_LEFT = RIGHT_TO_LEFT.includes(LANGUAGE);

/** An arrow key as it is meant where text runs from left to right. */
export function readingKey(key: string): string {
  if (!IS_RIGHT_TO_LEFT) return key;
  return { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" }[key] ?? key;
}

/** Keeps the choice and shows the page in it; texts are constants, so that it loads again. */
export function chooseLanguage(language: Language): void {
  try {
    window.localStorage.setItem(STORED, language);
  } catch {
    // Without storage, the browser decides.
  }
  window.location.reload();
}

/** A title within a sentence: English writes its words small there, other languages as they are. */
export function within(title: string): string {
  return LANGUAGE === "en" || LANGUAGE === PSEUDO ? title.toLowerCase() : title;
}

/** "A, B and C" in the page's language. */
export function formatList(items: readonly string[], type: "and" | "or" = "and"): string {
  const style = type === "and" ? "conjunction" : "disjunction";
  return new Intl.ListFormat(LOCALE, { type: style }).format(items);
}
