import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { fakeServer, renderInPage } from "../../test/render.tsx";
import { OrdersPanel } from "./OrdersPanel.tsx";

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
  it("page forwards and back", async () => {
    const requested: unknown[] = [];
    const server = fakeServer({
      CustomerOrders: ({ after }) => {
        requested.push(after);
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
    expect(requested.slice(0, 2)).toEqual([null, "c1"]);
  });
});
