import { describe, expect, it } from "vitest";
import { marksOf } from "./useAnnotations.ts";

const note = (from: string, to: string, text: string) => ({
  __typename: "Annotation" as const,
  id: text,
  from,
  to,
  text,
  author: "ann",
  isMine: true,
});
const DAYS = ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"].map(
  (day) => `${day}T00:00:00Z`,
);

describe("marksOf", () => {
  it("puts each annotation at the first bucket that it touches", () => {
    const notes = [
      note("2025-12-20", "2026-01-02", "Campaign"),
      note("2026-01-03", "2026-01-03", "Price rise"),
      note("2026-01-04", "2026-01-04", "Later"),
    ];
    expect(marksOf(notes, DAYS, "UTC")).toEqual([
      "Dec 20, 2025 – Jan 2, 2026: Campaign",
      null,
      "Jan 3, 2026: Price rise",
    ]);
  });

  it("goes by the days of the zone", () => {
    // In Tokyo the first bucket is the end of the night to January 2.
    const marks = marksOf([note("2026-01-02", "2026-01-02", "x")], DAYS, "Asia/Tokyo");
    expect(marks.map(Boolean)).toEqual([true, false, false]);
  });
});
