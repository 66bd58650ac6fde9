import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { untranslated } from "./untranslated.ts";

const ROOT = join(import.meta.dirname, "..");
/** Without texts for users: generated, tests, the API explorer, the languages' own names. */
const LEFT_OUT = /\.test\.|\.d\.ts$|^src\/(?:gql|test|graphiql|i18n)\/|^src\/lib\/locale\.ts$/;
/** Texts for programs: types of the schema, and patterns of the server's English messages. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  "src/api/client.ts": ["Product", "Customer", "Category", "Order"],
};

const texts = (code: string) => untranslated(code, "x.tsx").map(({ text }) => text);

describe("untranslated", () => {
  it.each([
    ["between tags", "const a = <p>Hello</p>;", ["Hello"]],
    ["in attributes that are read", '<i title="ok" className="Big thing" />;', ["ok"]],
    ["in strings that look like words", 'const a = { title: "Top customers" };', ["Top customers"]],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: code that is looked at
    ["in templates", "const a = `${n} orders in all`;", ["{} orders in all"]],
    ["not in macros", "const a = t`Hello you`; const b = <Trans>Hello <b>you</b></Trans>;", []],
    ["not in what programs read", 'element.closest("Big thing"); if (a === "Big thing") {}', []],
  ])("finds texts %s", (_, code, expected) => {
    expect(texts(code)).toEqual(expected);
  });
});

it("every text of the page can be translated", () => {
  const files = globSync("src/**/*.{ts,tsx}", { cwd: ROOT }).filter((file) => !LEFT_OUT.test(file));
  expect(files.length).toBeGreaterThan(100);
  const found = files.flatMap((file) =>
    untranslated(readFileSync(join(ROOT, file), "utf8"), file)
      .filter(({ text }) => !PROGRAMS[file]?.includes(text))
      .map(({ line, text }) => `${file}:${line} ${text}`),
  );
  expect(found).toEqual([]);
});
