import { expect, it } from "vitest";
import { bandTitle } from "./DiscountPanel.tsx";

it.each([
  [{ low: "0", high: "0" }, "No discount"],
  [{ low: "0", high: "0.05" }, "Below 5%"],
  [{ low: "0.05", high: "0.1" }, "5% to below 10%"],
  [{ low: "0.5", high: null }, "50% and more"],
])("the title of %o is %s", (band, title) => {
  expect(bandTitle(band)).toBe(title);
});
