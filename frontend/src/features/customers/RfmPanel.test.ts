import { expect, it } from "vitest";
import { heatLevel } from "./RfmPanel.tsx";

it.each([
  [0, 10, 0],
  [10, 10, 1],
  [-3, 10, 0],
  [1, 0, 0],
])("the heat level of %d in %d is %d", (size, most, level) => {
  expect(heatLevel(size, most)).toBe(level);
});
