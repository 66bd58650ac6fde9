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
  expect(tableCsv(COLUMNS, ROWS)).toBe("Name,Value\r\nb,90071992547409931.36\r\na,\r\n");
});
