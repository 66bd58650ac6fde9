/** Reads the CSV files that the pages and the server write. */

interface CsvFile {
  /** What the file says about itself, above its rows. */
  readonly notes: readonly (readonly string[])[];
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Notes end at the first empty line; quoted cells may hold commas, quotes and line breaks. */
export function parseCsv(text: string): CsvFile {
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
