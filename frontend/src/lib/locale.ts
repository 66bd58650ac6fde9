/**
 * The interface is in English, so numbers and dates follow an English locale too: the first of the
 * user's languages that is English (en-GB, en-IN…), else "en". A mix of languages ("Revenue,
 * 12. März") is harder to read.
 */
export function pickLocale(languages: readonly string[]): string {
  return languages.find((tag) => tag.toLowerCase().startsWith("en")) ?? "en";
}

export const LOCALE = pickLocale(globalThis.navigator?.languages ?? []);
