/** Comma-separated values in the format of RFC 4180. */

export function toCsv(rows: readonly (readonly string[])[]): string {
  return rows
    .map((row) => row.map(cell).join(","))
    .join("\r\n")
    .concat("\r\n");
}

/**
 * A spreadsheet would run a text that begins like a formula; an apostrophe prevents that. Plain
 * numbers, also negative ones, stay numbers.
 */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(?:\.\d+)?$/.test(text) ? `'${text}` : text;
  // Semicolons and tabs, too: which separator a spreadsheet takes depends on its language.
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Downloads a text as a CSV file. */
export function saveFile(name: string, text: string): void {
  // The byte order mark makes spreadsheets read the file as UTF-8.
  saveBlob(name, new Blob(["\uFEFF", text], { type: "text/csv;charset=utf-8" }));
}

/** Downloads a file. */
export function saveBlob(name: string, file: Blob): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
