import { describe, expect, it } from "vitest";
import { formatList, pickLanguage } from "./locale.ts";

describe("pickLanguage", () => {
  it.each([
    [
      "the first of the browser's languages that the page has",
      null,
      "",
      ["fr", "de-AT"],
      "de",
      "de-AT",
    ],
    ["the stored one", "ja", "", ["de-DE", "en-GB"], "ja", "ja"],
    ["the stored one with the browser's region", "en", "", ["de-DE", "en-GB", "en"], "en", "en-GB"],
    ["the dashboard's, where none is stored", null, "de", ["en-US", "de-CH"], "de", "de-CH"],
    ["the stored one before the dashboard's", "ja", "de", ["en-US"], "ja", "ja"],
    ["English where the page has none of them", null, "", ["fr"], "en", "en"],
    ["English where the browser says nothing", null, "", [], "en", "en"],
    ["no language that does not exist", "xx", "", ["ar-EG"], "ar", "ar-EG"],
    ["the language of tests", "pseudo", "", ["de"], "pseudo", "en"],
  ])("takes %s", (_, stored, dashboard, browser, language, locale) => {
    expect(pickLanguage(stored, dashboard, browser)).toEqual({ language, locale });
  });
});

describe("formatList", () => {
  it("joins by and, or by or", () => {
    expect(formatList(["A", "B", "C"])).toBe("A, B, and C");
    expect(formatList(["A", "B"], "or")).toBe("A or B");
  });
});
