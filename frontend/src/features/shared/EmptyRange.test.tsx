import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { renderInPage } from "../../test/render.tsx";
import { EmptyRange } from "./EmptyRange.tsx";

beforeEach(() => {
  window.localStorage.clear();
  window.history.replaceState(null, "", "/customers?range=7d&compare=off");
});

describe("an empty range", () => {
  it("says when there are sales, and shows them", async () => {
    renderInPage(<EmptyRange />);
    expect(screen.getByText(/Sales run from Jul 4, 1996 – May 6, 1998/)).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Show all" }));
    expect(window.location.search).toContain("range=all");
  });

  it("does not blame the range where filters apply, and clears them", async () => {
    window.history.replaceState(null, "", "/products?range=all&compare=off&rep=4");
    renderInPage(<EmptyRange what="No product was sold" />);
    expect(screen.getByText(/^No product was sold in this range with these filters/)).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Clear filters" }));
    expect(window.location.search).not.toContain("rep=");
  });

  it("blames no filter on a page that ignores them", () => {
    window.history.replaceState(null, "", "/products/p1?range=7d&compare=off&rep=4");
    renderInPage(<EmptyRange />);
    expect(screen.getByText(/Sales run from/)).toBeTruthy();
  });
});
