import { saveFile, toCsv } from "../../lib/csv.ts";
import type { Column } from "../../ui/DataTable.tsx";

/** Saves the rows of a table with exact values as CSV. */
export function exportTable<Row>(
  name: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): void {
  saveFile(`${name}.csv`, tableCsv(columns, rows));
}

export function tableCsv<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  return toCsv([
    columns.map((column) => column.title ?? column.header),
    ...rows.map((row) => columns.map((column) => column.value(row) ?? "")),
  ]);
}
