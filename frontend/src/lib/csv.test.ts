import { describe, expect, it } from "vitest";
import { toCsv } from "./csv.ts";

describe("toCsv", () => {
  it.each([
    ["quotes commas", "a,b", '"a,b"'],
    ["quotes semicolons", "a;=b", '"a;=b"'],
    ["doubles quotes", 'a "b"', '"a ""b"""'],
    ["defuses formulas", "=SUM(A1)", "'=SUM(A1)"],
    ["leaves negative amounts alone", "-1265793.04", "-1265793.04"],
    ["defuses what only begins like a number", "-1+cmd", "'-1+cmd"],
  ])("%s", (_, text, expected) => {
    expect(toCsv([[text]])).toBe(`${expected}\r\n`);
  });

  it("separates cells by commas and rows by CRLF", () => {
    expect(
      toCsv([
        ["a", "b"],
        ["1", "2"],
      ]),
    ).toBe("a,b\r\n1,2\r\n");
  });
});
