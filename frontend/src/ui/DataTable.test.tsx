import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { type Column, DataTable, sortRows } from "./DataTable.tsx";

interface Row {
  readonly name: string;
  readonly value: string | null;
}

const COLUMNS: readonly Column<Row>[] = [
  { id: "name", header: "Name", value: ({ name }) => name },
  {
    id: "value",
    header: "Value",
    numeric: true,
    value: ({ value }) => value,
    render: ({ value }) => value && `$${value}`,
  },
];
const ROWS: readonly Row[] = [
  { name: "b", value: "90071992547409931.36" },
  { name: "a", value: null },
  { name: "c", value: "90071992547409931.37" },
  { name: "d", value: "-3" },
];

function names(): (string | null)[] {
  return screen.getAllByRole("rowheader").map((cell) => cell.textContent);
}

function table(limit?: number) {
  render(
    <DataTable
      caption="Test"
      columns={COLUMNS}
      rows={ROWS}
      rowKey={({ name }) => name}
      {...(limit !== undefined && { limit })}
    />,
  );
}

describe("DataTable", () => {
  it("sorts numbers exactly, descending first, with rows without a value last", async () => {
    table();
    const header = screen.getByRole("columnheader", { name: /Value/ });
    await userEvent.click(within(header).getByRole("button"));
    expect(names()).toEqual(["c", "b", "d", "a"]);
    expect(header.getAttribute("aria-sort")).toBe("descending");
    await userEvent.click(within(header).getByRole("button"));
    expect(names()).toEqual(["d", "b", "c", "a"]);
    expect(header.getAttribute("aria-sort")).toBe("ascending");
  });

  it("sorts text ascending first", async () => {
    table();
    await userEvent.click(screen.getByRole("button", { name: "Name" }));
    expect(names()).toEqual(["a", "b", "c", "d"]);
  });

  it("shows the first rows until it is expanded", async () => {
    table(2);
    expect(names()).toEqual(["b", "a"]);
    await userEvent.click(screen.getByRole("button", { name: "Show all 4" }));
    expect(names()).toHaveLength(4);
  });

  it("does not sort by an unknown column", () => {
    expect(sortRows(ROWS, COLUMNS, { column: "gone", descending: true })).toBe(ROWS);
  });
});
