import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { constants, moduleOf } from "./splitDocuments.ts";

const GENERATED = join(import.meta.dirname, "../src/gql/graphql.ts");

describe("the generated documents", () => {
  it("are all found", () => {
    const text = readFileSync(GENERATED, "utf8");
    const found = constants(text);
    expect(found.size).toBe(text.match(/^export const /gm)?.length);
    expect(found.has("ShellDocument")).toBe(true);
  });

  it("import the fragments that they spread, each once", () => {
    const value = "{definitions:[{},...aDoc.definitions,...bDoc.definitions,...aDoc.definitions]}";
    expect(moduleOf("xDocument", value, "/g.ts").split("\n")).toEqual([
      'import { aDoc } from "/g.ts?document=aDoc";',
      'import { bDoc } from "/g.ts?document=bDoc";',
      `export const xDocument = ${value};`,
    ]);
  });
});
