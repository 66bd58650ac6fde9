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
  expect(tableCsv(COLUMNS, ROWS, [], [])).toBe("Name,Value\r\nb,90071992547409931.36\r\na,\r\n");
});

it("says below the rows what they leave out", () => {
  const command = "shopx rates set XXX 2026-03-01 RATE";
  const amounts = { lines: 1, gross: "5", amount: "5", cost: "0" };
  const csv = tableCsv(COLUMNS, ROWS, [{ of: "sales", currency: "XXX", command, ...amounts }], []);
  expect(csv).toContain("a,\r\nWithout 1 sale line in XXX (revenue 5 XXX)");
});
