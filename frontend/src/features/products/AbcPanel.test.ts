import { expect, it } from "vitest";
import { lossText } from "./AbcPanel.tsx";

it.each([
  [["0.8", "0.15", "0.05"], null],
  [
    ["0.8", "0.15", "0.037"],
    "Shares are of all products above 0. C also holds products below 0, which take 1.3% off.",
  ],
  [[null, null, null], null],
])("the shares %o: %s", (shares, text) => {
  expect(lossText(shares.map((share) => ({ share })))).toBe(text);
});
