import { describe, expect, it } from "vitest";
import { initialFiles } from "./budget.ts";

const manifest = {
  "index.html": { file: "a.js", imports: ["_shared.js"], isEntry: true },
  "_shared.js": { file: "shared.js", imports: ["_deep.js"] },
  "_deep.js": { file: "deep.js", imports: ["_shared.js"] },
  "src/charts/chartjs.ts": { file: "chartjs.js" },
};

describe("initialFiles", () => {
  it("follows imports, each file once, and leaves out what is loaded on demand", () => {
    expect(initialFiles(manifest, "index.html")).toEqual(["a.js", "shared.js", "deep.js"]);
  });

  it("names the missing chunk", () => {
    expect(() => initialFiles(manifest, "other.html")).toThrow("no chunk other.html");
  });
});
