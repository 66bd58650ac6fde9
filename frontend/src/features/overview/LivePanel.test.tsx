import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { fakeServer, figure, renderInPage } from "../../test/render.tsx";
import { LivePanel } from "./LivePanel.tsx";

const METRICS = ["REVENUE", "ORDERS", "AVERAGE_ORDER_VALUE", "CUSTOMERS", "UNITS"] as const;

function period(from: string, to: string) {
  return { __typename: "Period", from, to, zone: "UTC", isRunning: true, granularities: [] };
}

function today(lastOrderAt: string | null, value = "0") {
  return fakeServer({
    OverviewLive: () => ({
      sales: {
        __typename: "Sales",
        live: {
          __typename: "Live",
          asOf: "2026-01-02T03:04:05Z",
          period: period("2026-01-02T00:00:00Z", "2026-01-02T03:04:05Z"),
          comparison: period("2026-01-01T00:00:00Z", "2026-01-01T03:04:05Z"),
          lastOrderAt,
          figures: METRICS.map((metric) => figure(metric, metric === "REVENUE" ? value : "0")),
        },
      },
    }),
  });
}

describe("today so far", () => {
  it.each([
    [null, /^No order yet/],
    ["1998-05-06T00:00:00Z", /^Last order May 6, 1998/],
  ])("says where sales are instead of zeros when they ended before: %s", async (last, said) => {
    renderInPage(<LivePanel />, today(last));
    await screen.findByText("Sales run from Jul 4, 1996 – May 6, 1998.");
    expect(screen.getByText(said)).toBeTruthy();
    expect(screen.queryByText("$0.00")).toBeNull();
  });

  it("shows returns that are booked long after the last order", async () => {
    renderInPage(<LivePanel />, today("1998-05-06T00:00:00Z", "-50"));
    await screen.findByText("−$50.00");
    expect(screen.queryByText(/^Sales run from/)).toBeNull();
  });

  it("shows a day without sales as zeros while orders come in", async () => {
    renderInPage(<LivePanel />, today("2026-01-01T17:00:00Z"));
    await screen.findByText(/^Last order Jan 1, 2026/);
    expect(screen.getByText("$0.00")).toBeTruthy();
  });
});
