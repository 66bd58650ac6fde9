import { type LeftOut, leftOutText } from "../../api/leftOut.ts";
import { saveFile, toCsv } from "../../lib/csv.ts";
import type { Column } from "../../ui/DataTable.tsx";

/** Saves the rows of a table with exact values as CSV, and what they are of and leave out below. */
export function exportTable<Row>(
  name: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  leftOut: readonly LeftOut[],
  notes: readonly (readonly string[])[],
): void {
  saveFile(`${name}.csv`, tableCsv(columns, rows, leftOut, notes));
}

export function tableCsv<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  leftOut: readonly LeftOut[],
  notes: readonly (readonly string[])[],
): string {
  return toCsv([
    columns.map((column) => column.title ?? column.header),
    ...rows.map((row) => columns.map((column) => column.value(row) ?? "")),
    ...leftOut.map((one) => [leftOutText(one)]),
    ...(notes.length > 0 ? [[""], ...notes] : []),
  ]);
}
