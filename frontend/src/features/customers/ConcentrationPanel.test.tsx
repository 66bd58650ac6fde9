import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { fakeServer, renderInPage } from "../../test/render.tsx";
import { ConcentrationPanel } from "./ConcentrationPanel.tsx";

type Shares = readonly (string | null)[];

/** Renders the panel over 10 customers, with their revenue shares by tenth. */
function renderPanel(shares: Shares, asOf: string | null = "2026-01-02T00:00:00Z") {
  const points = shares.map((revenueShare, index) => ({
    __typename: "ConcentrationPoint",
    customersShare: String((index + 1) / 10),
    customers: index + 1,
    revenueShare,
  }));
  const concentration = { __typename: "Concentration", asOf, customers: shares.length, points };
  renderInPage(
    <ConcentrationPanel />,
    fakeServer({
      CustomerConcentration: () => ({ customers: { __typename: "Customers", concentration } }),
    }),
  );
}

describe("the revenue concentration", () => {
  it("names what the top tenth makes, and shows the curve as a table", async () => {
    renderPanel(["0.64", "0.7", "0.75", "0.8", "0.84", "0.88", "0.91", "0.95", "0.98", "1"]);
    expect(
      await screen.findByText(/^Top 10% of customers \(1\) make 64\.0% of revenue/),
    ).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: /table/i }));
    const row = screen.getByRole("row", { name: /Top 20% of customers \(2\)/ });
    expect(row.textContent).toContain("70%");
    expect(row.textContent).toContain("20%");
  });

  it("says that it was not computed yet", async () => {
    renderPanel([], null);
    expect(await screen.findByText(/has not been computed yet/)).toBeTruthy();
  });

  it("says that there are no customers", async () => {
    renderPanel([]);
    expect(await screen.findByText("No customer has ordered yet.")).toBeTruthy();
  });

  it("shows no shares of a loss", async () => {
    renderPanel([null, null]);
    expect(await screen.findByText(/revenue is not above zero/)).toBeTruthy();
    expect(screen.queryByText(/make/)).toBeNull();
  });
});
