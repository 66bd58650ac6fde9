import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const CATALOGUE = join(import.meta.dirname, "../src/i18n/locales/ar.po");

/** Of files, formats, commands and what is typed: written so whatever digits the region has. */
const LITERAL = [
  "A number, or a share such as 10%",
  "Comma: 1.234,50",
  "Point: 1,234.50",
  "Dates such as 03/02/2026",
  "Go to, search, filter… or dates such as 2011-03",
];

/** What readers see of a message: without arguments and tags, commands, and names with a digit. */
function words(message: string): string {
  return message
    .replace(/<\d+>shopx [^<]*<\/\d+>/g, "")
    .replace(/\{\w+(?:, plural,)?\}?|<\/?\d+\/?>|\$\d|[A-Za-z]+\d+|\d+[A-Za-z]+/g, "");
}

it("no Arabic text has a number: regions differ in digits, so values are formatted or words", () => {
  const texts = readFileSync(CATALOGUE, "utf8");
  const entries = [...texts.matchAll(/^msgid "(.*)"\nmsgstr "(.*)"$/gm)];
  expect(entries.length).toBeGreaterThan(900);
  const found = entries.filter(
    ([, id = "", text = ""]) => !LITERAL.includes(id) && /\d/.test(words(text)),
  );
  expect(found.map(([, , text]) => text)).toEqual([]);
});
