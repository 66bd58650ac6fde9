import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { delta, fakeServer, figure, renderInPage } from "../../test/render.tsx";
import { NO_COSTS } from "../shared/costCoverage.ts";
import { LossMakersPanel } from "./LossMakersPanel.tsx";
import { ProfitBreakdownPanel } from "./ProfitBreakdownPanel.tsx";

function row(id: string, label: string, profit: string) {
  const change = { share: "0.5", previous: "1", delta: delta({}) };
  return {
    __typename: "BreakdownRow",
    id,
    label,
    isNone: false,
    figures: [
      figure("REVENUE", "900", change),
      figure("PROFIT", profit, change),
      figure("MARGIN", "0.25"),
    ],
  };
}

function breakdown(dimension: unknown, nodes: readonly object[]) {
  return {
    __typename: "Breakdown",
    dimension,
    totalCount: nodes.length,
    pageInfo: { __typename: "PageInfo", hasNextPage: false, endCursor: null },
    // The API lists the revenue first, whatever ranks.
    total: [
      figure("REVENUE", "900"),
      figure("PROFIT", "30", { previous: "2", delta: delta({}) }),
      figure("MARGIN", "0.2"),
    ],
    nodes,
  };
}

function server(
  field: "by" | "lossMakers",
  nodes: readonly object[],
  costCoverage = "1",
  asked: unknown[] = [],
) {
  const answer = (variables: Record<string, unknown>) => {
    asked.push(variables);
    return {
      profitability: {
        __typename: "Profitability",
        [field]: breakdown(variables.dimension ?? variables.by, nodes),
      },
    };
  };
  return fakeServer({
    ProfitBy: answer,
    LossMakers: answer,
    CostCoverage: () => ({ profitability: { __typename: "Profitability", costCoverage } }),
  });
}

async function shown(title: string) {
  const table = within(await screen.findByRole("table", { name: title }));
  return {
    headers: table.getAllByRole("columnheader").map((cell) => cell.textContent),
    names: table.getAllByRole("rowheader").map((cell) => cell.textContent),
    lastCells: () => table.getAllByRole("row").map((one) => one.lastElementChild?.textContent),
  };
}

beforeEach(() => {
  window.history.replaceState(null, "", "/profitability?range=7d&compare=previous");
});

describe("profit by a dimension", () => {
  it("shows the margin in place of shares, and a total", async () => {
    const rows = [row("a", "Tea", "20"), row("b", "Ale", "10")];
    renderInPage(<ProfitBreakdownPanel />, server("by", rows));
    const table = await shown("Gross profit by category");
    expect(table.headers).toEqual([
      "Category",
      expect.stringMatching(/^Gross profit/),
      "Δ",
      "%",
      "Before",
      "Gross margin",
    ]);
    expect(table.names).toEqual(["Tea", "Ale", "Total"]);
    expect(table.lastCells().slice(1)).toEqual(["25%", "25%", "20%"]);
  });

  it("breaks down by the selected dimension, and filters by a row", async () => {
    renderInPage(<ProfitBreakdownPanel />, server("by", [row("4", "Ann", "20")]));
    await screen.findByRole("table", { name: "Gross profit by category" });
    await userEvent.click(screen.getByRole("button", { name: "Rep" }));
    await screen.findByRole("table", { name: "Gross profit by rep" });
    await userEvent.click(screen.getByRole("button", { name: "Filter by Ann" }));
    expect(window.location.search).toContain("profit-by=rep");
    expect(window.location.search).toContain("rep=4");
  });
});

describe("loss-makers", () => {
  it("start with the largest loss beside its revenue and margin, and have no total", async () => {
    const rows = [row("b", "Ale", "-15.64"), row("a", "Tea", "-1.25")];
    const asked: unknown[] = [];
    renderInPage(<LossMakersPanel />, server("lossMakers", rows, "1", asked));
    const table = await shown("Loss-makers by product");
    expect(table.names).toEqual(["Ale", "Tea"]);
    expect(asked).toContainEqual(
      expect.objectContaining({ orderBy: "PROFIT", sort: "VALUE", direction: "ASC" }),
    );
    expect(table.headers.map((header) => header?.replace(/[↑↓]/, ""))).toEqual([
      "Product",
      "Gross profit",
      "Δ",
      "%",
      "Before",
      "Revenue",
      "Gross margin",
    ]);
    const cells = within(screen.getByRole("table")).getAllByRole("cell");
    expect(cells[0]?.textContent).toBe("−$15.64");
  });

  it("are unknown where no cost is", async () => {
    renderInPage(<LossMakersPanel />, server("lossMakers", [], "0"));
    expect(await screen.findByText(NO_COSTS)).toBeTruthy();
  });

  it("say so when nothing was sold at a loss", async () => {
    renderInPage(<LossMakersPanel />, server("lossMakers", []));
    expect(
      await screen.findByText("Nothing with a known cost was sold at a loss in this range."),
    ).toBeTruthy();
  });
});
