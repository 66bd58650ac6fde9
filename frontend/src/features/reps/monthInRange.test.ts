import { describe, expect, it } from "vitest";
import { monthInRange } from "./monthInRange.ts";

const spaces = (text: string) => text.replace(/\s/g, " ");

describe("the label of a month", () => {
  it.each([
    ["2026-11-02", "2026-11-29", "Nov 2 – 29, 2026"],
    ["2026-10-05", "2026-11-29", "Nov 1 – 29, 2026"],
    ["2026-11-30", "2026-12-27", "Nov 30, 2026"],
    ["2026-11-01", "2026-11-30", "November 2026"],
    ["2026-10-05", "2026-12-04", "November 2026"],
  ])("names the days of it from %s to %s", (firstDay, lastDay, label) => {
    expect(spaces(monthInRange("2026-11-01", { firstDay, lastDay }))).toBe(label);
  });

  it("is its name before the range is known", () => {
    expect(monthInRange("2026-12-01", undefined)).toBe("December 2026");
  });
});
