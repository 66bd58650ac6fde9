import { type LeftOut, leftOutText } from "../../api/leftOut.ts";
import { saveFile, toCsv } from "../../lib/csv.ts";
import type { Column } from "../../ui/DataTable.tsx";

/** Saves the rows of a table with exact values as CSV, and what they leave out below. */
export function exportTable<Row>(
  name: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  leftOut: readonly LeftOut[],
): void {
  saveFile(`${name}.csv`, tableCsv(columns, rows, leftOut));
}

export function tableCsv<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  leftOut: readonly LeftOut[],
): string {
  return toCsv([
    columns.map((column) => column.title ?? column.header),
    ...rows.map((row) => columns.map((column) => column.value(row) ?? "")),
    ...leftOut.map((one) => [leftOutText(one)]),
  ]);
}
