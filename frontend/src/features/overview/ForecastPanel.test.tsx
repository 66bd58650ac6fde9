import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { fakeServer, renderInPage } from "../../test/render.tsx";
import { ForecastPanel } from "./ForecastPanel.tsx";

// There is no canvas to draw on.
vi.mock("../../charts/ChartCanvas.tsx", () => ({ default: () => null }));

const ESTIMATE = { __typename: "Estimate", expected: "1234", low: "1001", high: "1450" };

function answer(changes: Record<string, unknown>) {
  return fakeServer({
    Annotations: () => ({
      annotations: [
        {
          __typename: "Annotation",
          id: "n1",
          from: "2026-01-02",
          to: "2026-01-04",
          text: "Stock-taking",
          author: "ada",
          isMine: false,
        },
      ],
    }),
    OverviewForecast: () => ({
      sales: {
        __typename: "Sales",
        forecast: {
          __typename: "Forecast",
          metric: "REVENUE",
          state: "READY",
          knownDays: 200,
          neededDays: 56,
          buckets: ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"],
          values: ["100.10", "900", null],
          expected: [null, null, "617.2"],
          low: [null, null, "500.4"],
          high: [null, null, "725.6"],
          total: ESTIMATE,
          backTest: {
            __typename: "BackTest",
            forecasts: 12,
            days: 28,
            coverage: "0.8",
            mase: "0.85",
            naiveMase: "1.11",
          },
          unusual: [
            {
              __typename: "UnusualDay",
              bucket: "2026-01-02T00:00:00Z",
              value: "900",
              beyond: "-650.4",
              estimate: ESTIMATE,
              mover: { __typename: "DayMover", label: "Tea", change: "-700.5" },
            },
          ],
          ...changes,
        },
      },
    }),
  });
}

beforeEach(() => window.history.replaceState(null, "", "/?range=7d"));

describe("a forecast", () => {
  it("is told as an estimate, with its interval, and with how it did before", async () => {
    renderInPage(<ForecastPanel metric="REVENUE" />, answer({}));
    await screen.findByText("An estimate: about $1.23K in the next 28 days, likely $1K to $1.45K");
    const before = screen.getByText(/12 forecasts of the past, each of 28 days/).textContent;
    expect(before).toContain(
      "were off by 85% of the usual difference from a week before; repeating the last week’s values was off by 111% of it",
    );
    // Plain words first, then the terms of the field.
    expect(before).toMatch(/^How good it was before: .*\(Theta method; the error is the MASE\)\.$/);
    await userEvent.click(screen.getByRole("button", { name: "Table" }));
    expect(screen.getByText("about $617")).toBeTruthy();
    expect(screen.getByText("$100.10")).toBeTruthy();
  });

  it("says why a day is unusual, with what was noted of it, and opens its orders", async () => {
    renderInPage(<ForecastPanel metric="REVENUE" />, answer({}));
    const item = (await screen.findByText(/Stock-taking/)) as HTMLElement;
    expect(item.textContent).toContain(
      "$900.00, $650 below what was expected ($1K to $1.45K). Noted: Stock-taking. Tea contributed most: −$700.50 against the same day a week before.",
    );
    const link = item.querySelector("a");
    expect(link?.getAttribute("href")).toContain("/orders?range=2026-01-02..2026-01-02");
  });

  it("is not told where it was no better than the week before", async () => {
    const none = { state: "NOT_BETTER", total: null, unusual: [] };
    renderInPage(<ForecastPanel metric="REVENUE" />, answer(none));
    await screen.findByText(/^No forecast: repeating the last week’s values was no worse/);
    await userEvent.click(screen.getByRole("button", { name: "Table" }));
    expect(screen.queryByText("Expected")).toBeNull();
  });

  it("says how many days are missing", async () => {
    const short = { state: "TOO_SHORT", knownDays: 20, total: null, backTest: null, unusual: [] };
    renderInPage(<ForecastPanel metric="REVENUE" />, answer(short));
    await screen.findByText(/^A forecast needs 8 weeks of sales; there are 20 days/);
  });
});
