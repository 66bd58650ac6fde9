import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { Heatmap, nextCell } from "./Heatmap.tsx";

const CELLS = Array.from({ length: 168 }, (_, index) => index);

function grid(weekStart: number, onOpen = vi.fn()) {
  render(
    <Heatmap
      label="Revenue by hour"
      weekStart={weekStart}
      weekdays={CELLS.map((index) => Math.floor(index / 24) + 1)}
      hours={CELLS.map((index) => index % 24)}
      values={CELLS.map((index) => (index === 0 ? null : String(index)))}
      exact={(value) => `$${value}`}
      onOpen={onOpen}
    />,
  );
}

describe("Heatmap", () => {
  it("begins with the first day of the week", () => {
    grid(7);
    expect(screen.getAllByRole("rowheader").map((cell) => cell.textContent)).toEqual([
      "Sun",
      "Mon",
      "Tue",
      "Wed",
      "Thu",
      "Fri",
      "Sat",
    ]);
  });

  it("lets arrow keys reach each cell, which describes itself", async () => {
    grid(1);
    await userEvent.tab();
    expect(document.activeElement?.textContent).toBe("Monday, 00:00: –");
    await userEvent.keyboard("{ArrowDown}{ArrowRight}{ArrowRight}");
    expect(document.activeElement?.textContent).toBe("Tuesday, 02:00: $26");
  });

  it("opens the cell that is clicked, or focused at Enter", async () => {
    const onOpen = vi.fn();
    grid(1, onOpen);
    await userEvent.tab();
    await userEvent.keyboard("{ArrowDown}{ArrowRight}{Enter}");
    await userEvent.click(screen.getByText("Friday, 14:00: $110"));
    expect(onOpen.mock.calls).toEqual([
      [2, 1],
      [5, 14],
    ]);
  });

  it.each([
    ["ArrowUp", { row: 0, hour: 3 }],
    ["Home", { row: 0, hour: 0 }],
    ["End", { row: 0, hour: 23 }],
    ["a", null],
  ])("%s at the edge", (key, expected) => {
    expect(nextCell(key, { row: 0, hour: 3 })).toEqual(expected);
  });
});
