import { describe, expect, it } from "vitest";
import { withParams } from "./location.ts";
import { NO_FILTERS, parseView, toggleFilter, unreadable, viewParams } from "./view.ts";

describe("parseView takes the URL, then the stored selection, then the default", () => {
  it.each([
    ["the URL first", "?range=7d", { range: "91d" }, "7d"],
    ["then the stored selection", "", { range: "91d" }, "91d"],
    ["then the default", "", {}, "28d"],
    ["an invalid range in the URL counts as absent", "?range=3y", { range: "ytd" }, "ytd"],
    ["an invalid stored range counts as absent", "", { range: "3y" }, "28d"],
    ["dates that do not exist", "?range=2023-02-29..2023-03-01", {}, "28d"],
    ["dates in the wrong order", "?range=2024-03-01..2024-02-01", {}, "28d"],
  ])("%s", (_, search, stored, expected) => {
    expect(parseView(search, stored).range).toEqual(expected);
  });

  it("reads custom dates", () => {
    expect(parseView("?range=2024-02-29..2024-03-01", {}).range).toEqual({
      from: "2024-02-29",
      to: "2024-03-01",
    });
  });

  it.each([
    ["previous", { to: "previous", matchWeekdays: true }],
    ["year-dates", { to: "year", matchWeekdays: false }],
    ["off", { to: "off", matchWeekdays: true }],
    [
      "2023-01-01..2023-01-31",
      { to: { from: "2023-01-01", to: "2023-01-31" }, matchWeekdays: false },
    ],
  ])("reads the comparison %s", (text, expected) => {
    expect(parseView(`?compare=${text}`, {}).comparison).toEqual(expected);
  });

  it("refuses a zone that does not exist", () => {
    expect(parseView("?zone=Mars/Olympus", {}).zone).toBeNull();
  });
});

describe("viewParams", () => {
  it.each([
    "?range=28d&compare=previous",
    "?range=2024-02-29..2024-03-01&compare=year-dates",
    "?range=all&compare=off&zone=Europe/Berlin&by=week&category=3,5&segment=CHAMPIONS",
  ])("writes what it reads: %s", (search) => {
    expect(withParams("", viewParams(parseView(search, {})))).toBe(search);
  });

  it("keeps other parameters", () => {
    expect(withParams("?metric=profit", { range: "7d" })).toBe("?metric=profit&range=7d");
  });
});

describe("toggleFilter", () => {
  it("adds, then removes", () => {
    const once = toggleFilter(NO_FILTERS, "rep", "4");
    expect(once.rep).toEqual(["4"]);
    expect(toggleFilter(once, "rep", "4").rep).toEqual([]);
  });
});

describe("unreadable", () => {
  it.each([
    ["?range=7d&compare=off&zone=Asia/Tokyo&by=day", []],
    ["", []],
    ["?range=1997-12-31..1997-01-01", ["range"]],
    ["?range=1997-02-30..1997-03-01&compare=never", ["range", "compare"]],
    ["?zone=Mars/Olympus&by=fortnight", ["zone", "by"]],
  ] as const)("%s", (search, names) => {
    expect(unreadable(search).map(({ name }) => name)).toEqual(names);
  });
});
