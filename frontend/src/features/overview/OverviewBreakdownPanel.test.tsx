import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { delta, fakeServer, figure, renderInPage } from "../../test/render.tsx";
import { OverviewBreakdownPanel } from "./OverviewBreakdownPanel.tsx";

const MEMBERS = 30;

/** Answers pages of numbered members, and notes what each query asked for. */
function server(asked: Record<string, unknown>[]) {
  return fakeServer({
    OverviewBreakdown: (variables) => {
      asked.push(variables);
      const { first, after, search } = variables as {
        first: number;
        after: string | null;
        search: string | null;
      };
      const count = search === null ? MEMBERS : search === "none" ? 0 : 1;
      const begin = after === null ? 0 : Number(after);
      const end = Math.min(begin + first, count);
      return {
        sales: {
          __typename: "Sales",
          breakdown: {
            __typename: "Breakdown",
            dimension: "PRODUCT",
            totalCount: count,
            pageInfo: {
              __typename: "PageInfo",
              hasNextPage: end < count,
              endCursor: String(end),
            },
            total: [figure("REVENUE", "900", { previous: "2", delta: delta({}) })],
            nodes: Array.from({ length: end - begin }, (_, index) => ({
              __typename: "BreakdownRow",
              id: `p${begin + index}`,
              label: `Product ${begin + index + 1}`,
              isNone: false,
              figures: [figure("REVENUE", "9", { previous: "1", delta: delta({}) })],
            })),
          },
        },
      };
    },
  });
}

function panel() {
  const asked: Record<string, unknown>[] = [];
  renderInPage(
    <OverviewBreakdownPanel param="what" dimensions={["PRODUCT"]} metric="REVENUE" />,
    server(asked),
  );
  return asked;
}

const firstName = () => screen.getAllByRole("rowheader")[0]?.textContent;

beforeEach(() => {
  window.history.replaceState(null, "", "/?range=7d&compare=previous");
});

describe("a list that the server orders", () => {
  it("asks the server for the order of each column, and keeps it in the URL", async () => {
    const asked = panel();
    await screen.findByText("1–8 of 30");
    await userEvent.click(screen.getByRole("button", { name: "Δ" }));
    await userEvent.click(screen.getByRole("button", { name: "Δ" }));
    expect(asked.map(({ orderBy, sort, direction }) => [orderBy, sort, direction])).toEqual([
      ["REVENUE", "VALUE", "DESC"],
      ["REVENUE", "DIFFERENCE", "DESC"],
      ["REVENUE", "DIFFERENCE", "ASC"],
    ]);
    expect(window.location.search).toContain("what-sort=difference-asc");
    const header = screen.getByRole("columnheader", { name: /Δ/ });
    expect(header.getAttribute("aria-sort")).toBe("ascending");
    expect(within(header).getByRole("button")).toBeTruthy();
  });

  it("reaches every page, and comes back to the first with another order", async () => {
    const asked = panel();
    for (const range of ["1–8", "9–16", "17–24", "25–30"]) {
      await screen.findByText(`${range} of 30`);
      const next = screen.getByRole("button", { name: /^Next page/ });
      if (range === "25–30") expect((next as HTMLButtonElement).disabled).toBe(true);
      else await userEvent.click(next);
    }
    expect(firstName()).toBe("Product 25");
    await userEvent.click(screen.getByRole("button", { name: /^Previous page/ }));
    await screen.findByText("17–24 of 30");
    await userEvent.click(screen.getByRole("button", { name: "%" }));
    await screen.findByText("1–8 of 30");
    expect(asked.at(-1)).toMatchObject({ sort: "CHANGE", after: null });
  });

  it("searches all members, and says so when nothing matches", async () => {
    const asked = panel();
    await screen.findByText("1–8 of 30");
    const search = screen.getByRole("searchbox", { name: /^Search in/ });
    await userEvent.type(search, "tea");
    await screen.findByText("1–1 of 1");
    expect(asked.map((variables) => variables.search)).toEqual([null, "tea"]);
    await userEvent.clear(search);
    await userEvent.type(search, "none");
    await screen.findByText("Nothing matches “none”.");
    expect(screen.getByText("0 of 0")).toBeTruthy();
  });

  it("shows more rows a page", async () => {
    panel();
    await screen.findByText("1–8 of 30");
    await userEvent.selectOptions(screen.getByRole("combobox", { name: "Rows" }), "50");
    await screen.findByText("1–30 of 30");
  });
});

describe("a dimension with one member", () => {
  it("yields to the next one, until the user chooses", async () => {
    const asked: string[] = [];
    const breakdown = fakeServer({
      OverviewBreakdown: ({ by }) => {
        asked.push(String(by));
        const count = by === "CATEGORY" ? 1 : 3;
        return {
          sales: {
            __typename: "Sales",
            breakdown: {
              __typename: "Breakdown",
              dimension: by,
              totalCount: count,
              pageInfo: { __typename: "PageInfo", hasNextPage: false, endCursor: null },
              total: [figure("REVENUE", "900")],
              nodes: Array.from({ length: count }, (_, index) => ({
                __typename: "BreakdownRow",
                id: `${by}${index}`,
                label: `${by} ${index}`,
                isNone: false,
                figures: [figure("REVENUE", "9")],
              })),
            },
          },
        };
      },
    });
    renderInPage(
      <OverviewBreakdownPanel param="what" dimensions={["CATEGORY", "PRODUCT"]} metric="REVENUE" />,
      breakdown,
    );
    await screen.findByText("PRODUCT 2");
    expect(asked).toEqual(["CATEGORY", "PRODUCT"]);
    await userEvent.click(screen.getByRole("button", { name: "Category" }));
    await screen.findByText("CATEGORY 0");
    expect(window.location.search).toContain("what=category");
  });
});
