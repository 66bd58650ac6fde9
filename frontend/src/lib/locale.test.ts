import { describe, expect, it } from "vitest";
import { pickLocale } from "./locale.ts";

describe("pickLocale stays with the language of the interface", () => {
  it.each([
    [["de-DE", "en-GB", "en"], "en-GB"],
    [["fr"], "en"],
    [[], "en"],
  ])("%j", (languages, expected) => {
    expect(pickLocale(languages)).toBe(expected);
  });
});
