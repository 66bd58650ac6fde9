import { describe, expect, it, vi } from "vitest";
import { formatBytes, formatWritten, inWords, problemText, stepTitle } from "./words.ts";

function english(text: string) {
  return { text, code: "", values: {} };
}

describe("messages of the server", () => {
  it.each([
    [
      "No currency is stated: --currency EUR, for example.",
      "No currency is stated: choose it below.",
    ],
    [
      "… no value decides: --dates day-first or --dates month-first",
      "… no value decides. Choose below.",
    ],
    [
      "Correct the file and import it with --mode replace.",
      /“The file has whole orders: replace them”/,
    ],
    [
      "1 row was rejected, which is more than --max-rejects 0",
      /more than “Rows that may be left out”/,
    ],
    ["Take them back first: shopx import undo 7", "Take them back first: take back import 7"],
  ])("%s has no option of the command", (text, words) => {
    const said = inWords(english(text));
    expect(said).not.toMatch(/--[a-z]/);
    if (typeof words === "string") expect(said).toBe(words);
    else expect(said).toMatch(words);
  });

  it("end with what to do", () => {
    expect(
      problemText({ messageText: english("It is empty."), hintText: english("Export it again.") }),
    ).toBe("It is empty. Export it again.");
    expect(problemText({ messageText: english("It is empty."), hintText: null })).toBe(
      "It is empty.",
    );
  });
});

describe("sizes", () => {
  it.each([
    [0, "0 bytes"],
    [177, "177 bytes"],
    [18_000, "18 kB"],
    [1_234_000_000, "1.2 GB"],
  ])("%i is %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

it("names a step that it does not know as the server does", () => {
  expect(stepTitle("rollups")).toBe("Adding up");
  expect(stepTitle("something new")).toBe("something new");
  expect(stepTitle(null)).toBe("Starting");
});

describe("numbers of a file", () => {
  it.each([
    ["1299", 2, "1,299.00"],
    ["1.299", 2, "1.299"],
    ["84.2", 2, "84.20"],
    ["-84.2", 0, "−84.20"],
    ["1200", 0, "1,200"],
    ["90071992547409931.125", 2, "90,071,992,547,409,931.125"],
    ["n/a", 2, "n/a"],
  ])("%s with at least %i decimals is %s", (text, decimals, shown) =>
    expect(formatWritten(text, decimals)).toBe(shown),
  );

  it("are told apart in a language with a comma for decimals", async () => {
    vi.resetModules();
    window.localStorage.setItem("shopx.language", "de");
    const german = await import("./words.ts");
    window.localStorage.removeItem("shopx.language");
    expect(["1299.00", "1.299"].map((text) => german.formatWritten(text, 2))).toEqual([
      "1.299,00",
      "1,299",
    ]);
    expect(german.formatWritten("84.2")).toBe("84,20");
  });
});
