import { expect, it } from "vitest";
import { bandTitle } from "./DiscountPanel.tsx";

it.each([
  [{ low: "0", high: "0", isReturns: false }, "No discount"],
  [{ low: "0", high: "0.05", isReturns: false }, "Below 5%"],
  [{ low: "0.05", high: "0.1", isReturns: false }, "5% to below 10%"],
  [{ low: "0.5", high: null, isReturns: false }, "50% and more"],
  [{ low: "0", high: null, isReturns: true }, "Returns"],
])("the title of %o is %s", (band, title) => {
  expect(bandTitle(band)).toBe(title);
});
