import { describe, expect, it } from "vitest";
import { type Command, daysOf, matching, nextOption } from "./commands.ts";

describe("daysOf", () => {
  it.each([
    ["2011", "2011-01-01", "2011-12-31"],
    ["2012-02", "2012-02-01", "2012-02-29"],
    ["2011-03-04", "2011-03-04", "2011-03-04"],
    ["2011-03-04..2011-04", "2011-03-04", "2011-04-30"],
    [" 2010 to 2011 ", "2010-01-01", "2011-12-31"],
  ])("%s", (text, from, to) => {
    expect(daysOf(text)).toEqual({ from, to });
  });

  it.each(["", "orders", "2011-13", "2011-02-30", "2012..2011", "2011..2012..2013", "20111"])(
    "%j names no days",
    (text) => {
      expect(daysOf(text)).toBeNull();
    },
  );
});

describe("matching", () => {
  const command = (title: string, words?: string): Command => ({
    id: title,
    group: "Go to",
    title,
    ...(words && { words }),
    run: () => undefined,
  });
  const commands = [command("Products"), command("Profitability", "margin costs")];

  it.each([
    ["", ["Products", "Profitability"]],
    ["PRO", ["Products", "Profitability"]],
    ["go margin", ["Profitability"]],
    ["products margin", []],
  ])("%j", (search, titles) => {
    expect(matching(commands, search).map(({ title }) => title)).toEqual(titles);
  });
});

describe("nextOption", () => {
  it.each([
    ["ArrowDown", 2, 3, 0],
    ["ArrowUp", 0, 3, 2],
    ["PageDown", 0, 3, 2],
    ["PageUp", 2, 3, 0],
    ["a", 0, 3, null],
    ["ArrowDown", 0, 0, null],
  ])("%s at %d of %d", (key, active, count, expected) => {
    expect(nextOption(key, active, count)).toBe(expected);
  });
});
