/** Saves and reads the CSV files that the pages and the server write, and adds up their columns. */
import { readFile } from "node:fs/promises";
import { expect, type Page } from "@playwright/test";
import { panel, settled } from "./dashboardPage.ts";

interface CsvFile {
  /** What the file says about itself, above its rows. */
  readonly notes: readonly (readonly string[])[];
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The file that a panel saves. */
export async function savedCsv(page: Page, title: string): Promise<CsvFile> {
  const shown = await settled(panel(page, title));
  const button = shown.getByRole("button", { name: /^Save .* as CSV$/ });
  await expect(button).toBeEnabled();
  const downloading = page.waitForEvent("download");
  await button.click();
  return parseCsv(await readFile(await (await downloading).path(), "utf8"));
}

/** The exact sum of decimals, in ten-thousandths; cells without a value have none. */
export function sum(values: readonly string[]): bigint {
  return values.reduce((total, value) => total + scaled(value), 0n);
}

/** A decimal in ten-thousandths; what is smaller is refused, not rounded. */
export function scaled(value: string): bigint {
  const [whole = "", fraction = ""] = value.replace("-", "").split(".");
  const rest = fraction.slice(4);
  if (/[1-9]/.test(rest)) throw new Error(`${value} has more than four digits.`);
  const size = BigInt(whole + fraction.slice(0, 4).padEnd(4, "0"));
  return value.startsWith("-") ? -size : size;
}

/** Notes end at the first empty line; quoted cells may hold commas, quotes and line breaks. */
function parseCsv(text: string): CsvFile {
  const lines: string[][] = [];
  let cells: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g,
  )) {
    cells.push(quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    lines.push(cells);
    cells = [];
  }
  // After the last line break is an empty match.
  lines.pop();
  const gap = lines.findIndex((line) => line.length === 1 && line[0] === "");
  const [header = [], ...rows] = lines.slice(gap + 1);
  return { notes: lines.slice(0, Math.max(gap, 0)), header, rows };
}
