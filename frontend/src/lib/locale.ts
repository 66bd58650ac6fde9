/**
 * The interface is written in English, so numbers and dates follow an English locale too: the
 * reader's own one where it is English (en-GB, en-IN…), else the neutral one. Mixing languages
 * ("Revenue, 12. März") reads worse than either.
 */
export function pickLocale(languages: readonly string[]): string {
  return languages.find((tag) => tag.toLowerCase().startsWith("en")) ?? "en";
}

export const LOCALE = pickLocale(globalThis.navigator?.languages ?? []);
