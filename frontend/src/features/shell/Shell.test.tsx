import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { sessionToken } from "../../api/auth.ts";
import { fakeServer, renderInPage } from "../../test/render.tsx";
import { Shell } from "./Shell.tsx";

const SHELL = {
  freshness: { __typename: "Freshness", asOf: "2026-01-02T03:04:05Z" },
  reporting: {
    __typename: "Reporting",
    timezone: "Europe/Berlin",
    currency: "EUR",
    weekStart: 1,
    firstSaleAt: null as string | null,
    lastSaleAt: null as string | null,
    lastImportAt: null,
  },
  metrics: [
    {
      __typename: "Metric",
      id: "REVENUE",
      title: "Revenue",
      definition: "Gross sales minus discounts and returns.",
      unit: "MONEY",
      better: "HIGHER",
    },
  ],
};

function refusal(): CombinedGraphQLErrors {
  return new CombinedGraphQLErrors({
    errors: [{ message: "no token", extensions: { code: "UNAUTHENTICATED" } }],
  });
}

beforeEach(() => {
  window.sessionStorage.clear();
  window.history.replaceState(null, "", "/nowhere?range=28d&compare=previous");
});

describe("the shell", () => {
  it("shows the metric definitions of the API", async () => {
    renderInPage(<Shell />, fakeServer({ Shell: () => SHELL }));
    expect(await screen.findByRole("heading", { name: "There is no such page" })).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Definitions" }));
    expect(screen.getByText("Gross sales minus discounts and returns.")).toBeTruthy();
  });

  it("keeps range and comparison in the links to other pages", async () => {
    renderInPage(<Shell />, fakeServer({ Shell: () => SHELL }));
    const link = await screen.findByRole("link", { name: "Reps" });
    expect(link.getAttribute("href")).toBe("/reps?range=28d&compare=previous");
  });

  it.each([
    ["a list page", "/?range=28d&compare=off&rep=4", "/?range=28d&compare=off"],
    ["a detail page", "/reps/x?compare=off&rep=4", "/reps/x?compare=off&rep=4"],
    ["an unknown page", "/nowhere?compare=off&rep=4", "/nowhere?compare=off&rep=4"],
  ])("clears with Esc only filters that are shown: %s", async (_, before, after) => {
    window.history.replaceState(null, "", before);
    renderInPage(<Shell />, fakeServer({ Shell: () => SHELL }));
    await screen.findByRole("navigation", { name: "Pages" });
    await userEvent.keyboard("{Escape}");
    expect(window.location.pathname + window.location.search).toBe(after);
  });

  it("asks for a token when the server requires one, and says when it is refused", async () => {
    const server = fakeServer({ Shell: (_, call) => (call < 2 ? refusal() : SHELL) });
    renderInPage(<Shell />, server);
    const field = await screen.findByLabelText("API token");
    expect(screen.queryByRole("alert")).toBeNull();
    await userEvent.type(field, " shx_wrong ");
    await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
    expect((await screen.findByRole("alert")).textContent).toContain("not accepted");
    await userEvent.type(screen.getByLabelText("API token"), "shx_right");
    await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
    expect(await screen.findByRole("button", { name: "Sign out" })).toBeTruthy();
    expect(sessionToken()).toBe("shx_right");
  });

  it("says that the server cannot be reached, and retries", async () => {
    const server = fakeServer({ Shell: (_, call) => (call === 0 ? new Error("gone") : SHELL) });
    renderInPage(<Shell />, server);
    await userEvent.click(await screen.findByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("navigation", { name: "Pages" })).toBeTruthy();
  });
});
