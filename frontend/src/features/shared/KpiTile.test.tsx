import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import type { FragmentType } from "../../gql/fragment-masking.ts";
import type { FigurePartsFragmentDoc } from "../../gql/graphql.ts";
import { delta, figure, renderInPage } from "../../test/render.tsx";
import { KpiTile } from "./KpiTile.tsx";

type Masked = FragmentType<typeof FigurePartsFragmentDoc>;

function tile(value: string | null, changes: Record<string, unknown> = {}) {
  const masked = figure("REVENUE", value, changes) as unknown as Masked;
  return renderInPage(<KpiTile metric="REVENUE" figure={masked} />);
}

describe("KpiTile", () => {
  it("shows cents of amounts with up to nine digits", () => {
    tile("1265793.0397");
    expect(screen.getByText("$1,265,793").title).toBe("$1,265,793.04");
  });

  it("abbreviates beyond nine digits and keeps the exact amount in the title", () => {
    tile("98765432100.129");
    expect(screen.getByText("$98.8B").title).toBe("$98,765,432,100.13");
  });

  it("shows a dash, not 0, where there is no value", () => {
    tile(null);
    expect(screen.getByText("–")).toBeTruthy();
  });

  it.each([
    ["a percentage", { ratio: "-0.125", direction: "DOWN", verdict: "BAD" }, "−12.5%", "BAD"],
    ["New where there was nothing", { status: "NEW", ratio: null }, "New", "GOOD"],
    [
      "N/A where no percentage makes sense",
      { status: "NOT_APPLICABLE", ratio: null },
      "N/A",
      "GOOD",
    ],
    [
      "No change without colour",
      { status: "NO_CHANGE", ratio: "0", direction: "FLAT", verdict: "NEUTRAL" },
      "No change",
      "NEUTRAL",
    ],
  ])("shows %s", (_, change, text, verdict) => {
    tile("10", { previous: "8", delta: delta(change) });
    expect(screen.getByText(text).dataset.verdict).toBe(verdict);
  });

  it("marks a fall as good where lower is better", () => {
    tile("8", {
      previous: "10",
      delta: delta({ ratio: "-0.2", direction: "DOWN", verdict: "GOOD" }),
    });
    const badge = screen.getByText("−20.0%".replace(".0", ""));
    expect(badge.dataset.verdict).toBe("GOOD");
    expect(badge.querySelector("svg")).not.toBeNull();
  });

  it("is a button where it selects a metric", async () => {
    const onSelect = vi.fn();
    const masked = figure("REVENUE", "1") as unknown as Masked;
    renderInPage(
      <KpiTile metric="REVENUE" figure={masked} selection={{ isSelected: true, onSelect }} />,
    );
    const button = screen.getByRole("button", { pressed: true });
    await userEvent.click(button);
    expect(onSelect).toHaveBeenCalledOnce();
  });
});
