import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { tableCsv } from "../features/shared/exportTable.ts";
import { type Column, DataTable, sortRows } from "./DataTable.tsx";
import { Popover } from "./Popover.tsx";

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
  it("sorts numbers downwards first, exactly, and rows without value last", async () => {
    table();
    const header = screen.getByRole("columnheader", { name: /Value/ });
    await userEvent.click(within(header).getByRole("button"));
    expect(names()).toEqual(["c", "b", "d", "a"]);
    expect(header.getAttribute("aria-sort")).toBe("descending");
    await userEvent.click(within(header).getByRole("button"));
    expect(names()).toEqual(["d", "b", "c", "a"]);
    expect(header.getAttribute("aria-sort")).toBe("ascending");
  });

  it("sorts text upwards first", async () => {
    table();
    await userEvent.click(screen.getByRole("button", { name: "Name" }));
    expect(names()).toEqual(["a", "b", "c", "d"]);
  });

  it("shows the first rows until asked for all", async () => {
    table(2);
    expect(names()).toEqual(["b", "a"]);
    await userEvent.click(screen.getByRole("button", { name: "Show all 4" }));
    expect(names()).toHaveLength(4);
  });

  it("does not sort by a column that is not there", () => {
    expect(sortRows(ROWS, COLUMNS, { column: "gone", descending: true })).toBe(ROWS);
  });

  it("exports exact values, not what fits a cell", () => {
    expect(tableCsv(COLUMNS, ROWS.slice(0, 2))).toBe(
      "Name,Value\r\nb,90071992547409931.36\r\na,\r\n",
    );
  });
});

describe("Popover", () => {
  it("closes on Esc, gives the focus back and keeps the key from the page", async () => {
    const onPageKey = vi.fn();
    document.addEventListener("keydown", onPageKey);
    render(
      <Popover name="Things" label="Open">
        {() => <input aria-label="inside" />}
      </Popover>,
    );
    const button = screen.getByRole("button", { name: "Open" });
    await userEvent.click(button);
    await userEvent.click(screen.getByLabelText("inside"));
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(document.activeElement).toBe(button);
    expect(onPageKey).not.toHaveBeenCalled();
    document.removeEventListener("keydown", onPageKey);
  });

  it("closes on a click elsewhere", async () => {
    render(
      <>
        <p>elsewhere</p>
        <Popover name="Things" label="Open">
          {() => <p>content</p>}
        </Popover>
      </>,
    );
    await userEvent.click(screen.getByRole("button", { name: "Open" }));
    expect(screen.getByRole("dialog", { name: "Things" })).toBeTruthy();
    await userEvent.click(screen.getByText("elsewhere"));
    expect(screen.queryByRole("dialog")).toBeNull();
  });
});
