import { describe, expect, it } from "vitest";
import { imageLines } from "./chartImage.ts";

describe("imageLines", () => {
  it("says what the chart is of below its title", () => {
    const notes = [
      ["Revenue over time"],
      ["Period", "2026-03-01", "2026-04-01", "Europe/Berlin"],
      ["Currency", "EUR"],
      ["As of", "2026-04-01T00:00:00Z"],
    ];
    expect(imageLines("Revenue over time", notes)).toEqual([
      "Revenue over time",
      "Period: 2026-03-01 – 2026-04-01 – Europe/Berlin",
      "Currency: EUR",
      "As of: 2026-04-01T00:00:00Z",
    ]);
  });
});
