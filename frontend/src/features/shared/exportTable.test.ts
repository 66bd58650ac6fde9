import { expect, it } from "vitest";
import type { Column } from "../../ui/DataTable.tsx";
import { tableCsv } from "./exportTable.ts";

interface Row {
  readonly name: string;
  readonly value: string | null;
}

const COLUMNS: readonly Column<Row>[] = [
  { id: "name", header: "Name", value: ({ name }) => name },
  { id: "value", header: "Value", value: ({ value }) => value, render: ({ value }) => `$${value}` },
];
const ROWS: readonly Row[] = [
  { name: "b", value: "90071992547409931.36" },
  { name: "a", value: null },
];

it("exports exact values, not the text of the cells", () => {
  expect(tableCsv(COLUMNS, ROWS, [])).toBe("\r\nName,Value\r\nb,90071992547409931.36\r\na,\r\n");
});

it("says above the rows what they are of, and what their columns mean", () => {
  const columns = COLUMNS.map((column) =>
    column.id === "value" ? { ...column, definition: "What was paid." } : column,
  );
  expect(tableCsv(columns, [], [["As of", "2026-01-02T03:04:05Z"]])).toBe(
    "As of,2026-01-02T03:04:05Z\r\nDefinition,Value,What was paid.\r\n\r\nName,Value\r\n",
  );
});
