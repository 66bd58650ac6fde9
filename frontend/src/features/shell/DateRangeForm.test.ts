import { describe, expect, it } from "vitest";
import { validateDates } from "./DateRangeForm.tsx";

describe("validateDates", () => {
  it.each([
    ["2024-02-29", "2024-03-01", null],
    ["2023-02-29", "2024-03-01", "Enter two dates."],
    ["2024-03-02", "2024-03-01", "The first day is after the last."],
  ])("%s to %s", (from, to, expected) => {
    expect(validateDates(from, to)).toBe(expected);
  });
});
