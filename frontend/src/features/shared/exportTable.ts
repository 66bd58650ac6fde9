import { t } from "@lingui/core/macro";
import { saveFile, toCsv } from "../../lib/csv.ts";
import type { Column } from "../../ui/DataTable.tsx";

export type FileNotes = readonly (readonly string[])[];

/** Saves the rows of a table with exact values as CSV, and above them what they are of. */
export function exportTable<Row>(
  name: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  notes: FileNotes,
): void {
  // Letters that every file system takes.
  saveFile(`${name.replaceAll(/[^\p{L}\p{N} .,_-]/gu, "")}.csv`, tableCsv(columns, rows, notes));
}

/** Notes, definitions of columns that have one, an empty line, the header and the rows. */
export function tableCsv<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  notes: FileNotes,
): string {
  const title = (column: Column<Row>) => column.title ?? column.header;
  return toCsv([
    ...notes,
    ...columns
      .filter((column) => column.definition)
      .map((column) => [t`Definition`, title(column), column.definition ?? ""]),
    [""],
    columns.map(title),
    ...rows.map((row) => columns.map((column) => column.value(row) ?? "")),
  ]);
}
