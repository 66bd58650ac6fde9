import { describe, expect, it } from "vitest";
import {
  formatBucketLong,
  formatBucketShort,
  formatCalendarDate,
  formatClock,
  formatSpan,
  formatWeekday,
  isZone,
  spansYears,
  todayIn,
} from "./dates.ts";

describe("formatSpan", () => {
  it.each([
    [
      "names the year once inside a year",
      "2024-07-04T00:00:00Z",
      "2024-08-03T00:00:00Z",
      "UTC",
      "Jul 4 – Aug 2, 2024",
    ],
    [
      "names both years across years",
      "2023-12-28T00:00:00Z",
      "2024-01-04T00:00:00Z",
      "UTC",
      "Dec 28, 2023 – Jan 3, 2024",
    ],
    ["one day is one date", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z", "UTC", "Feb 29, 2024"],
    [
      "reads days in the zone",
      "2024-07-03T22:00:00Z",
      "2024-07-04T22:00:00Z",
      "Europe/Berlin",
      "Jul 4, 2024",
    ],
  ])("%s", (_, start, end, zone, expected) => {
    // ICU separates ranges by thin spaces; which kind is not the point.
    expect(formatSpan({ start, end }, zone).replace(/\s/g, " ")).toBe(expected);
  });
});

describe("spansYears", () => {
  it("does not count a range that ends with the year", () => {
    expect(spansYears({ start: "2024-01-01T00:00:00Z", end: "2025-01-01T00:00:00Z" }, "UTC")).toBe(
      false,
    );
  });
  it("looks at the zone's calendar", () => {
    const span = { start: "2024-12-31T23:30:00Z", end: "2025-01-01T00:30:00Z" };
    expect(spansYears(span, "UTC")).toBe(true);
    expect(spansYears(span, "Europe/Berlin")).toBe(false);
  });
});

describe("bucket labels", () => {
  it.each([
    ["HOUR", false, "2 AM", "Thu, Jul 4, 1996, 2:00 AM"],
    ["DAY", false, "Jul 4", "Thu, Jul 4, 1996"],
    ["DAY", true, "Jul 4, 1996", "Thu, Jul 4, 1996"],
    ["WEEK", false, "Jul 4", "Week of Jul 4, 1996"],
    ["MONTH", true, "Jul 1996", "July 1996"],
    ["QUARTER", false, "Q3", "Q3 1996"],
    ["YEAR", false, "1996", "1996"],
  ] as const)("%s (with year: %s)", (granularity, withYear, short, long) => {
    const instant = "1996-07-04T00:00:00Z";
    const normal = (text: string) => text.replace(/\s/g, " ");
    expect(normal(formatBucketShort(instant, granularity, "Europe/Berlin", withYear))).toBe(short);
    expect(normal(formatBucketLong(instant, granularity, "Europe/Berlin"))).toBe(long);
  });
});

describe("small formats", () => {
  it("shows the clock of the zone in 24 hours", () => {
    expect(formatClock("2024-07-04T22:05:09Z", "Europe/Berlin")).toBe("00:05:09");
  });
  it("shows a calendar date without shifting it", () => {
    expect(formatCalendarDate("2024-02-29")).toBe("Feb 29, 2024");
  });
  it("knows today in a zone ahead of UTC", () => {
    expect(todayIn("Pacific/Auckland", new Date("2024-02-28T12:00:00Z"))).toBe("2024-02-29");
  });
  it("counts weekdays from Monday", () => {
    expect([1, 7].map((day) => formatWeekday(day))).toEqual(["Mon", "Sun"]);
  });
  it.each([
    ["Europe/Berlin", true],
    ["Mars/Olympus", false],
  ])("isZone(%s) is %s", (zone, expected) => {
    expect(isZone(zone)).toBe(expected);
  });
});
