import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as csv from "../../lib/csv.ts";
import { fakeServer, renderInPage } from "../../test/render.tsx";
import { OrdersPanel } from "./OrdersPanel.tsx";

afterEach(() => vi.restoreAllMocks());

function order(key: string, currency = "USD") {
  return {
    __typename: "Order",
    id: key,
    key,
    orderedAt: "1998-04-14T00:00:00Z",
    currency,
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

  it("have their own currencies in the file", async () => {
    const save = vi.spyOn(csv, "saveFile").mockImplementation(() => undefined);
    const server = fakeServer({
      CustomerOrders: () => ({
        customer: {
          __typename: "Customer",
          orders: {
            __typename: "OrderConnection",
            totalCount: 2,
            nodes: [order("here"), order("abroad", "EUR")],
            pageInfo: { __typename: "PageInfo", hasNextPage: false, endCursor: "c1" },
          },
        },
      }),
    });
    renderInPage(<OrdersPanel id="x" />, server);
    await userEvent.click(await screen.findByRole("button", { name: "Save orders as CSV" }));
    await vi.waitFor(() => expect(save).toHaveBeenCalledOnce());
    const file = save.mock.calls[0]?.[1] ?? "";
    expect(file).toContain("\r\nCurrency,as the column says\r\n");
    expect(file).toMatch(/,Revenue,Gross profit,Currency\r\n/);
    expect(file).toMatch(/,here,.*,12.5,3,USD\r\n.*,abroad,.*,12.5,3,EUR\r\n$/);
  });
});
