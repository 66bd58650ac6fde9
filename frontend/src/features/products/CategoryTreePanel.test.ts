import { expect, it } from "vitest";
import { visibleRows } from "./CategoryTreePanel.tsx";

it("hides all descendants of a collapsed category", () => {
  const rows = [
    { id: "a", parentId: null },
    { id: "b", parentId: "a" },
    { id: "c", parentId: "b" },
    { id: "d", parentId: null },
  ];
  const names = (collapsed: string[]) => visibleRows(rows, new Set(collapsed)).map(({ id }) => id);
  expect([names([]), names(["a"]), names(["b"])]).toEqual([
    ["a", "b", "c", "d"],
    ["a", "d"],
    ["a", "b", "d"],
  ]);
});
