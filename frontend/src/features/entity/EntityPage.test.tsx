import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { fakeServer, renderInPage } from "../../test/render.tsx";
import { OrdersPanel } from "../customers/OrdersPanel.tsx";
import { heat } from "../customers/RfmPanel.tsx";
import { segmentTitle } from "../customers/segmentTitle.ts";
import { visibleRows } from "../products/CategoryTreePanel.tsx";
import { bandTitle } from "../products/DiscountPanel.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { entityPath, pageOf } from "../shared/entityPath.ts";
import { NameCell } from "../shared/NameCell.tsx";
import { findPage } from "../shell/pages.ts";

beforeEach(() => {
  window.localStorage.clear();
  window.history.replaceState(null, "", "/customers?range=7d&compare=off&rep=4");
});

describe("addresses of members", () => {
  it.each([
    ["/", "Overview", null],
    ["/products", "Products", null],
    ["/products/UHI6Mw", "Products", "UHI6Mw"],
    ["/customers/a%2Fb", "Customers", "a/b"],
    ["/customers/%", "Customers", "%"],
    ["/profitability/x", undefined, null],
    ["/products/x/y", undefined, null],
    ["/products/", undefined, null],
    ["/nowhere", undefined, null],
  ])("%s", (pathname, title, id) => {
    const found = findPage(pathname);
    expect([found.page?.title, found.id]).toEqual([title, id]);
  });

  it("are written as they are read", () => {
    expect(findPage(entityPath("CUSTOMER", "a/b=")).id).toBe("a/b=");
    expect([pageOf("REP", "x"), pageOf("CHANNEL", "x")]).toEqual(["/reps/x", null]);
  });
});

describe("the name of a row", () => {
  it("leads to its page and keeps the view", async () => {
    renderInPage(<NameCell label="QUICK-Stop" path="/customers/x" />);
    await userEvent.click(screen.getByRole("link", { name: "QUICK-Stop" }));
    expect(window.location.pathname + window.location.search).toBe(
      "/customers/x?range=7d&compare=off&rep=4",
    );
  });

  it("filters beside it, or where there is no page", async () => {
    const chosen: string[] = [];
    renderInPage(
      <>
        <NameCell label="Chai" path="/products/x" onFilter={() => chosen.push("Chai")} />
        <NameCell label="Online" onFilter={() => chosen.push("Online")} />
      </>,
    );
    await userEvent.click(screen.getByRole("button", { name: "Filter by Chai" }));
    await userEvent.click(screen.getByRole("button", { name: "Online" }));
    expect(chosen).toEqual(["Chai", "Online"]);
    expect(window.location.pathname).toBe("/customers");
  });
});

describe("an empty range", () => {
  it("says from when to when sales are, and leads there", async () => {
    renderInPage(<EmptyRange />);
    expect(screen.getByText(/Sales run from Jul 4, 1996 – May 6, 1998/)).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Show all" }));
    expect(window.location.search).toContain("range=all");
  });
});

function order(key: string) {
  return {
    __typename: "Order",
    id: key,
    key,
    orderedAt: "1998-04-14T00:00:00Z",
    currency: "USD",
    status: "SOLD",
    revenue: "12.5",
    profit: "3",
    units: "2",
    rep: null,
  };
}

describe("the orders of a customer", () => {
  it("are read a page at a time, and back", async () => {
    const asked: unknown[] = [];
    const server = fakeServer({
      CustomerOrders: ({ after }) => {
        asked.push(after);
        return {
          customer: {
            __typename: "Customer",
            orders: {
              __typename: "OrderConnection",
              nodes: [order(after === null ? "first" : "second")],
              pageInfo: {
                __typename: "PageInfo",
                hasNextPage: after === null,
                endCursor: after === null ? "c1" : "c2",
              },
            },
          },
        };
      },
    });
    renderInPage(<OrdersPanel id="x" />, server);
    expect(await screen.findByRole("rowheader", { name: "first" })).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Older" }));
    expect(await screen.findByRole("rowheader", { name: "second" })).toBeTruthy();
    expect(screen.getByText("Page 2")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Older" })).toHaveProperty("disabled", true);
    await userEvent.click(screen.getByRole("button", { name: "Newer" }));
    expect(await screen.findByRole("rowheader", { name: "first" })).toBeTruthy();
    expect(asked.slice(0, 2)).toEqual([null, "c1"]);
  });
});

describe("small decisions", () => {
  it.each([
    [{ low: "0", high: "0" }, "No discount"],
    [{ low: "0", high: "0.05" }, "Below 5%"],
    [{ low: "0.05", high: "0.1" }, "5% to below 10%"],
    [{ low: "0.5", high: null }, "50% and more"],
  ])("%o is called %s", (band, title) => {
    expect(bandTitle(band)).toBe(title);
  });

  it.each([
    [0, 10, 0],
    [10, 10, 1],
    [-3, 10, 0],
    [1, 0, 0],
  ])("heat of %d in %d is %d", (size, most, level) => {
    expect(heat(size, most)).toBe(level);
  });

  it("writes segments as people do", () => {
    expect(segmentTitle("CANNOT_LOSE_THEM")).toBe("Cannot lose them");
  });

  it("hides what is in a closed category, however deep", () => {
    const rows = [
      { id: "a", parentId: null },
      { id: "b", parentId: "a" },
      { id: "c", parentId: "b" },
      { id: "d", parentId: null },
    ];
    const names = (closed: string[]) => visibleRows(rows, new Set(closed)).map(({ id }) => id);
    expect([names([]), names(["a"]), names(["b"])]).toEqual([
      ["a", "b", "c", "d"],
      ["a", "d"],
      ["a", "b", "d"],
    ]);
  });
});
