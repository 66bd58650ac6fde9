/**
 * Gives each generated GraphQL document a module of its own, so that a page loads the documents that
 * it uses: bundlers move modules between chunks, never parts of one.
 */
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const GENERATED = /\/src\/gql\/graphql\.ts$/;
const ONE = /\/src\/gql\/graphql\.ts\?document=(\w+)$/;
const CONSTANT = /^export const (\w+) = (.*) as unknown as DocumentNode<.*>;$/gm;
const SPREAD = /\.\.\.(\w+)\.definitions/g;

/** The generated constants by their names, as JavaScript. */
export function constants(generated: string): ReadonlyMap<string, string> {
  return new Map(
    [...generated.matchAll(CONSTANT)].map(([, name = "", value = ""]) => [name, value]),
  );
}

/** The module of one constant. */
export function moduleOf(name: string, value: string, path: string): string {
  const used = new Set([...value.matchAll(SPREAD)].map(([, fragment]) => fragment));
  const imports = [...used].map((one) => `import { ${one} } from "${path}?document=${one}";`);
  return [...imports, `export const ${name} = ${value};`].join("\n");
}

export function splitDocuments(): Plugin {
  const read = (path: string) => constants(readFileSync(path, "utf8"));
  return {
    name: "split-documents",
    apply: "build",
    enforce: "pre",
    resolveId: (id) => (ONE.test(id) ? { id, moduleSideEffects: false } : undefined),
    load(id) {
      if (GENERATED.test(id)) {
        const names = [...read(id).keys()];
        const code = names.map((name) => `export { ${name} } from "${id}?document=${name}";`);
        return { code: code.join("\n"), moduleType: "js", moduleSideEffects: false };
      }
      const name = ONE.exec(id)?.[1];
      if (name === undefined) return undefined;
      const path = id.slice(0, id.indexOf("?"));
      const value = read(path).get(name);
      if (value === undefined) throw new Error(`${path} has no document ${name}.`);
      return { code: moduleOf(name, value, path), moduleType: "js", moduleSideEffects: false };
    },
  };
}
