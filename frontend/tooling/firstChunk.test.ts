import { describe, expect, it } from "vitest";
import { reachable } from "./firstChunk.ts";

const IMPORTS: Readonly<Record<string, readonly string[]>> = {
  "main.tsx": ["shell.tsx", "react"],
  "shell.tsx": ["table.tsx", "react"],
  "table.tsx": ["shell.tsx"],
  "later.tsx": ["react"],
};
const graph = {
  getModuleInfo: (id: string) => ({ importedIds: IMPORTS[id] ?? [] }),
};

describe("reachable", () => {
  it("follows imports, also in circles, and leaves out what is loaded on demand", () => {
    expect([...reachable(graph, "main.tsx")].sort()).toEqual([
      "main.tsx",
      "react",
      "shell.tsx",
      "table.tsx",
    ]);
  });
});
