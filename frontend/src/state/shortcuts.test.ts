import { describe, expect, it } from "vitest";
import { shortcut } from "./shortcuts.ts";
import { NO_FILTERS, parseView } from "./view.ts";

const view = parseView("?range=28d&compare=previous", {});

describe("shortcut", () => {
  it.each([
    ["d", { range: "today" }],
    ["W", { range: "7d" }],
    ["m", { range: "28d" }],
    ["y", { range: "12m" }],
    ["x", { comparison: { to: "off", matchWeekdays: true } }],
    ["q", null],
    ["Escape", null],
  ])("%s", (key, expected) => {
    expect(shortcut(key, view, true)).toEqual(expected);
  });

  it("turns the comparison on again", () => {
    expect(shortcut("x", parseView("?compare=off", {}), true)).toEqual({
      comparison: { to: "previous", matchWeekdays: true },
    });
  });

  it("clears filters with Esc", () => {
    expect(shortcut("Escape", parseView("?rep=4", {}), true)).toEqual({ filters: NO_FILTERS });
  });

  it("keeps the filters on pages that do not show them", () => {
    expect(shortcut("Escape", parseView("?rep=4", {}), false)).toBeNull();
  });
});
