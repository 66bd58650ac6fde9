import { expect, it } from "vitest";
import { figureOf } from "../shared/figureOf.ts";
import { bandTitle, shownFigures } from "./DiscountPanel.tsx";

it.each([
  [{ low: "0", high: "0", isReturns: false }, "No discount"],
  [{ low: "0", high: "0.05", isReturns: false }, "Below 5%"],
  [{ low: "0.05", high: "0.1", isReturns: false }, "5% to below 10%"],
  [{ low: "0.5", high: null, isReturns: false }, "50% and more"],
  [{ low: "0", high: null, isReturns: true }, "Returns"],
])("the title of %o is %s", (band, title) => {
  expect(bandTitle(band)).toBe(title);
});

it("returns have no count of what sales alone have; bands without sales have 0", () => {
  const figures = [
    { metric: "GROSS", value: "-30061" },
    { metric: "UNITS", value: "0" },
    { metric: "LINES", value: "0" },
    { metric: "PROFIT", value: null },
  ] as unknown as Parameters<typeof shownFigures>[0]["figures"];
  const units = (isReturns: boolean) => figureOf(shownFigures({ figures, isReturns }), "UNITS");
  expect(units(true)).toBeUndefined();
  expect(units(false)?.value).toBe("0");
  const kept = shownFigures({ figures, isReturns: true });
  expect(kept).toHaveLength(2);
  expect(figureOf(kept, "GROSS")?.value).toBe("-30061");
});
