import { screen, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { fakeServer, renderInPage } from "../../test/render.tsx";
import { bulletScale } from "./BulletBar.tsx";
import { PacePanel } from "./PacePanel.tsx";

const figures = (changes: Record<string, unknown>) => ({
  __typename: "PaceFigures",
  quota: "1000",
  booked: "500.25",
  attained: "0.50025",
  expected: "1234.56",
  expectedAttained: "1.23456",
  ...changes,
});

function answer(pace: Record<string, unknown>, row: Record<string, unknown>) {
  return fakeServer({
    RepPace: () => ({
      reps: {
        __typename: "Reps",
        pace: {
          __typename: "Pace",
          unit: "MONTH",
          firstDay: "2026-03-01",
          lastDay: "2026-03-31",
          today: "2026-03-20",
          daysLeft: 12,
          elapsed: "0.6",
          state: "EXPECTED",
          weeks: 8,
          members: 1,
          total: figures(row),
          rows: [
            {
              __typename: "PaceRow",
              rep: { __typename: "SalesRep", id: "r1", name: "Ada" },
              figures: figures(row),
            },
          ],
          ...pace,
        },
      },
    }),
  });
}

beforeEach(() => window.history.replaceState(null, "", "/reps?range=mtd"));

describe("the pace of a month", () => {
  it("tells what is booked and, as an estimate, what is expected at the end", async () => {
    renderInPage(<PacePanel />, answer({}, {}));
    const row = await screen.findByRole("row", { name: /Ada/ });
    expect(within(row).getByText("50%")).toBeTruthy();
    expect(within(row).getByText("about $1,235")).toBeTruthy();
    expect(within(row).getByText("123%")).toBeTruthy();
    expect(
      screen.getByText(/12 days left, today included: \$500 of \$1K booked \(50%\)/),
    ).toBeTruthy();
    expect(screen.getByText(/average of its weekday over the last 8 weeks/)).toBeTruthy();
  });

  it("says that nothing is expected yet", async () => {
    const unknown = { expected: null, expectedAttained: null };
    renderInPage(<PacePanel />, answer({ state: "EARLY" }, unknown));
    await screen.findByText("Nothing is expected before three days are complete.");
    const row = screen.getByRole("row", { name: /Ada/ });
    expect(within(row).getAllByText("–")).toHaveLength(2);
  });

  it("shows the booked total of a month that is over as no estimate", async () => {
    const over = { state: "OVER", today: "2026-03-31", daysLeft: 0, elapsed: "1" };
    renderInPage(<PacePanel />, answer(over, { expected: "500.25", expectedAttained: "0.50025" }));
    expect(await screen.findByText(/, over: \$500 of \$1K booked \(50%\)$/)).toBeTruthy();
    expect(screen.getByText("The time is over, so nothing more is expected.")).toBeTruthy();
    expect(screen.queryByText(/about/)).toBeNull();
  });
});

describe("bullet charts", () => {
  it("share a scale beyond the quota and the highest", () => {
    expect(bulletScale([null, 0.2])).toBe(1.15);
    expect(bulletScale([0.5, 2])).toBe(2.1);
  });
});
