import type { TypedDocumentNode } from "@apollo/client";
import { gql } from "@apollo/client";
import { act, fireEvent, screen, waitFor } from "@testing-library/react";
import { useState } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { snapshotStore } from "../../api/snapshotStore.ts";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { fakeServer, renderInPage } from "../../test/render.tsx";
import { Panel } from "./Panel.tsx";

type Answer = { readonly total: string };
const TOTAL: TypedDocumentNode<Answer, { range: string }> = gql`
  query Total($range: String) {
    total(range: $range)
  }
`;
const OTHER: TypedDocumentNode<Answer, { range: string }> = gql`
  query Other($range: String) {
    total: other(range: $range)
  }
`;

interface TestPanelProps {
  readonly title?: string;
  readonly document?: typeof TOTAL;
  readonly range?: string;
}

function TestPanel({ title = "Total", document = TOTAL, range = "7d" }: TestPanelProps) {
  const query = usePanelQuery(document, { range });
  return (
    <Panel
      title={title}
      query={query}
      height={100}
      empty={({ total }) => (total === "0" ? "No sales." : null)}
    >
      {({ total }) => <p>{total}</p>}
    </Panel>
  );
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("a panel", () => {
  it("shows a skeleton, not an empty result, before the first result", async () => {
    renderInPage(<TestPanel />, fakeServer({ Total: () => "never" }));
    await waitFor(() => expect(screen.getByText("Loading…")).toBeTruthy());
    expect(screen.queryByText("Nothing to show")).toBeNull();
  });

  it("says that a result is empty", async () => {
    renderInPage(<TestPanel />, fakeServer({ Total: () => ({ total: "0" }) }));
    expect(await screen.findByText("No sales.")).toBeTruthy();
  });

  it("says what its figures leave out, and what adds it", async () => {
    const command = "shopx rates set XXX 2026-03-01 RATE";
    const amounts = { lines: 2, gross: "20", amount: "18", cost: "0" };
    const leftOut = [{ of: "sales", currency: "XXX", command, ...amounts }];
    renderInPage(<TestPanel />, fakeServer({ Total: () => ({ total: "5" }) }, { leftOut }));
    expect((await screen.findByRole("note")).textContent).toContain("2 sale lines in XXX");
    expect(screen.getByText(command)).toBeTruthy();
  });

  it("shows no figures whose gap it cannot name", async () => {
    const server = fakeServer({ Total: () => ({ total: "5" }) }, { leftOut: ["?"] });
    renderInPage(<TestPanel />, server);
    expect(await screen.findByRole("alert")).toBeTruthy();
    expect(screen.queryByText("5")).toBeNull();
  });

  it("fails alone and retries on demand", async () => {
    const server = fakeServer({
      Total: (_, call) => (call === 0 ? new Error("gone") : { total: "42" }),
      Other: () => ({ total: "7" }),
    });
    renderInPage(
      <>
        <TestPanel />
        <TestPanel title="Other" document={OTHER} />
      </>,
      server,
    );
    expect(await screen.findByText("7")).toBeTruthy();
    expect(screen.getByText("The server cannot be reached")).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByText("42")).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("keeps the last result while the next is loading, and marks it as stale", async () => {
    const server = fakeServer({
      Total: ({ range }) => (range === "7d" ? { total: "42" } : "never"),
    });
    function Ranges() {
      const [range, setRange] = useState("7d");
      return (
        <>
          <button type="button" onClick={() => setRange("28d")}>
            28 days
          </button>
          <TestPanel range={range} />
        </>
      );
    }
    renderInPage(<Ranges />, server);
    const body = (await screen.findByText("42")).parentElement;
    expect(body?.dataset.stale).toBe("false");
    fireEvent.click(screen.getByText("28 days"));
    await waitFor(() => expect(body?.dataset.stale).toBe("true"));
    expect(screen.getByText("42")).toBeTruthy();
  });

  it("shows the as-of time; its title has the day, the zone and where figures come from", async () => {
    renderInPage(<TestPanel />, fakeServer({ Total: () => ({ total: "1" }) }));
    expect(await screen.findByText("1")).toBeTruthy();
    const asOf = (await screen.findByText(/as of/)).closest("p");
    expect(asOf?.textContent).toBe("as of 03:04:05");
    expect(asOf?.title).toBe("Jan 2, 2026, 03:04 (UTC). From sums that are kept ready (rollups).");
  });

  it("refetches when the page moves to a new snapshot", async () => {
    const server = fakeServer({ Total: (_, call) => ({ total: `answer ${call}` }) });
    renderInPage(<TestPanel />, server);
    expect(await screen.findByText("answer 0")).toBeTruthy();
    act(() =>
      snapshotStore.moveTo({
        snapshot: "next",
        asOf: "2026-01-02T03:04:10Z",
        tier: null,
        leftOut: [],
      }),
    );
    expect(await screen.findByText("answer 1")).toBeTruthy();
  });

  it("refetches what was in flight while the page moved to a new snapshot", async () => {
    let answer: ((total: string) => void) | undefined;
    const held = new Promise<string>((resolve) => {
      answer = resolve;
    });
    const server = fakeServer({
      Total: (_, call) => (call === 0 ? held.then((total) => ({ total })) : { total: "new" }),
    });
    renderInPage(<TestPanel />, server);
    await waitFor(() => expect(server.requested).toEqual(["Total"]));
    act(() =>
      snapshotStore.moveTo({
        snapshot: "s2",
        asOf: "2026-01-02T03:04:10Z",
        tier: null,
        leftOut: [],
      }),
    );
    answer?.("old");
    expect(await screen.findByText("new")).toBeTruthy();
    expect(server.requested).toEqual(["Total", "Total"]);
  });

  it("keeps its content, with a warning, when a refetch fails", async () => {
    const server = fakeServer({
      Total: (_, call) => (call === 0 ? { total: "42" } : new Error("gone")),
    });
    renderInPage(<TestPanel />, server);
    expect(await screen.findByText("42")).toBeTruthy();
    act(() =>
      snapshotStore.moveTo({
        snapshot: "later",
        asOf: "2026-01-02T03:04:10Z",
        tier: null,
        leftOut: [],
      }),
    );
    expect(await screen.findByText("Not up to date.")).toBeTruthy();
    expect(screen.getByText("42")).toBeTruthy();
  });

  it("sends no query while it is out of view", async () => {
    let see: ((entries: { isIntersecting: boolean }[]) => void) | undefined;
    vi.stubGlobal(
      "IntersectionObserver",
      class {
        constructor(callback: typeof see) {
          see = callback;
        }
        observe() {}
        disconnect() {}
      },
    );
    const server = fakeServer({ Total: () => ({ total: "42" }) });
    renderInPage(<TestPanel />, server);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.requested).toEqual([]);
    act(() => see?.([{ isIntersecting: true }]));
    expect(await screen.findByText("42")).toBeTruthy();
  });
});
