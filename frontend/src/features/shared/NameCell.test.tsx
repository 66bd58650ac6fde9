import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { renderInPage } from "../../test/render.tsx";
import { NameCell } from "./NameCell.tsx";

beforeEach(() => {
  window.localStorage.clear();
  window.history.replaceState(null, "", "/customers?range=7d&compare=off&rep=4");
});

describe("the name of a row", () => {
  it("links to its page and keeps the view", async () => {
    renderInPage(<NameCell label="QUICK-Stop" path="/customers/x" />);
    await userEvent.click(screen.getByRole("link", { name: "QUICK-Stop" }));
    expect(window.location.pathname + window.location.search).toBe(
      "/customers/x?range=7d&compare=off&rep=4",
    );
  });

  it("filters by a button, or by itself where it has no link", async () => {
    const selected: string[] = [];
    renderInPage(
      <>
        <NameCell label="Chai" path="/products/x" onFilter={() => selected.push("Chai")} />
        <NameCell label="Online" onFilter={() => selected.push("Online")} />
      </>,
    );
    await userEvent.click(screen.getByRole("button", { name: "Filter by Chai" }));
    await userEvent.click(screen.getByRole("button", { name: "Online" }));
    expect(selected).toEqual(["Chai", "Online"]);
    expect(window.location.pathname).toBe("/customers");
  });
});
