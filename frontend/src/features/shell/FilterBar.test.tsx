import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { navigate } from "../../state/location.ts";
import { useShortcuts } from "../../state/shortcuts.ts";
import { fakeServer, renderInPage } from "../../test/render.tsx";
import { FilterBar } from "./FilterBar.tsx";

const OPTIONS = {
  FilterOptions: () => ({
    filterOptions: {
      __typename: "FilterOptionConnection",
      nodes: [
        { __typename: "FilterOption", id: "c1", label: "Beverages", detail: null },
        { __typename: "FilterOption", id: "c2", label: "Seafood", detail: null },
      ],
      pageInfo: { __typename: "PageInfo", hasNextPage: false },
    },
  }),
};

function Bar() {
  useShortcuts(true, () => undefined);
  return <FilterBar canFilter />;
}

beforeEach(() => {
  window.localStorage.clear();
  window.history.replaceState(null, "", "/?range=28d&compare=previous");
});

describe("the filter bar writes the URL", () => {
  it("with a preset, which Back undoes", async () => {
    renderInPage(<Bar />);
    await userEvent.click(screen.getByRole("button", { name: /Last 28 days/ }));
    await userEvent.click(await screen.findByRole("button", { name: "Year to date" }));
    expect(window.location.search).toBe("?range=ytd&compare=previous");
    const arrived = new Promise((resolve) =>
      window.addEventListener("popstate", resolve, { once: true }),
    );
    await act(async () => {
      window.history.back();
      await arrived;
    });
    expect(screen.getByRole("button", { name: /Last 28 days/ })).toBeTruthy();
  });

  it("with custom dates", async () => {
    renderInPage(<Bar />);
    await userEvent.click(screen.getByRole("button", { name: /Last 28 days/ }));
    const [from, to] = [await screen.findByLabelText("From"), screen.getByLabelText("To")];
    await userEvent.clear(from);
    await userEvent.type(from, "1996-07-04");
    await userEvent.clear(to);
    await userEvent.type(to, "1998-05-06");
    await userEvent.click(screen.getByRole("button", { name: "Apply" }));
    expect(window.location.search).toBe("?range=1996-07-04..1998-05-06&compare=previous");
    expect(screen.getByText("Jul 4, 1996 – May 6, 1998")).toBeTruthy();
  });

  it("with a filter, which a chip shows and removes", async () => {
    renderInPage(<Bar />, fakeServer(OPTIONS));
    await userEvent.click(screen.getByRole("button", { name: "Filter" }));
    await userEvent.click(await screen.findByRole("button", { name: "Seafood" }));
    expect(window.location.search).toBe("?range=28d&compare=previous&category=c2");
    await userEvent.click(
      screen.getByRole("button", { name: "Remove the filter Category Seafood" }),
    );
    expect(window.location.search).toBe("?range=28d&compare=previous");
  });

  it.each([
    ["category=q1", "Produce"],
    ["segment=NONE", "No segment"],
  ])("loads the labels of the ids in a link: %s", async (filter, label) => {
    act(() => navigate(`/?range=28d&compare=off&${filter}`));
    const names: Record<string, string> = { q1: "Produce", c1: "Beverages", NONE: "No segment" };
    const server = fakeServer({
      FilterNames: ({ ids }) => ({
        filterOptions: {
          __typename: "FilterOptionConnection",
          nodes: (ids as string[]).map((id) => ({
            __typename: "FilterOption",
            id,
            label: names[id],
          })),
        },
      }),
    });
    renderInPage(<Bar />, server);
    expect(await screen.findByText(label)).toBeTruthy();
    expect(server.requested).toEqual(["FilterNames"]);
  });

  it("with keys, except in a field and with a modifier", async () => {
    renderInPage(<Bar />, fakeServer(OPTIONS));
    await userEvent.keyboard("w");
    expect(window.location.search).toBe("?range=7d&compare=previous");
    await userEvent.keyboard("x");
    expect(window.location.search).toBe("?range=7d&compare=off");
    await userEvent.keyboard("{Control>}d{/Control}");
    expect(window.location.search).toBe("?range=7d&compare=off");
    await userEvent.click(screen.getByRole("button", { name: "Filter" }));
    await userEvent.type(await screen.findByRole("searchbox"), "dmy");
    expect(window.location.search).toBe("?range=7d&compare=off");
  });
});
