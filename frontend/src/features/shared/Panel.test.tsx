import type { TypedDocumentNode } from "@apollo/client";
import { gql } from "@apollo/client";
import { act, fireEvent, screen, waitFor } from "@testing-library/react";
import { useState } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { reading } from "../../api/reading.ts";
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
  it("shows a skeleton, never 'nothing', before the first answer", async () => {
    renderInPage(<TestPanel />, fakeServer({ Total: () => "never" }));
    await waitFor(() => expect(screen.getByText("Loading…")).toBeTruthy());
    expect(screen.queryByText("Nothing to show")).toBeNull();
  });

  it("says when an answer holds nothing", async () => {
    renderInPage(<TestPanel />, fakeServer({ Total: () => ({ total: "0" }) }));
    expect(await screen.findByText("No sales.")).toBeTruthy();
  });

  it("fails alone, and tries again on demand", async () => {
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

  it("keeps the last answer while the next is under way, and marks it as stale", async () => {
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

  it("says when it was read and from where", async () => {
    renderInPage(<TestPanel />, fakeServer({ Total: () => ({ total: "1" }) }));
    expect(await screen.findByText("1")).toBeTruthy();
    await waitFor(() =>
      expect(screen.getByText(/as of/).textContent).toBe("as of 03:04:05 · rollups"),
    );
  });

  it("reads again when the page moves on", async () => {
    const server = fakeServer({ Total: (_, call) => ({ total: `answer ${call}` }) });
    renderInPage(<TestPanel />, server);
    expect(await screen.findByText("answer 0")).toBeTruthy();
    act(() => reading.moveTo({ snapshot: "next", asOf: "2026-01-02T03:04:10Z", tier: null }));
    expect(await screen.findByText("answer 1")).toBeTruthy();
  });

  it("reads again what was under way while the page moved on", async () => {
    let answer: ((total: string) => void) | undefined;
    const held = new Promise<string>((resolve) => {
      answer = resolve;
    });
    const server = fakeServer({
      Total: (_, call) => (call === 0 ? held.then((total) => ({ total })) : { total: "new" }),
    });
    renderInPage(<TestPanel />, server);
    await waitFor(() => expect(server.asked).toEqual(["Total"]));
    act(() => reading.moveTo({ snapshot: "s2", asOf: "2026-01-02T03:04:10Z", tier: null }));
    answer?.("old");
    expect(await screen.findByText("new")).toBeTruthy();
    expect(server.asked).toEqual(["Total", "Total"]);
  });

  it("keeps what it shows, with a warning, when reading again fails", async () => {
    const server = fakeServer({
      Total: (_, call) => (call === 0 ? { total: "42" } : new Error("gone")),
    });
    renderInPage(<TestPanel />, server);
    expect(await screen.findByText("42")).toBeTruthy();
    act(() => reading.moveTo({ snapshot: "later", asOf: "2026-01-02T03:04:10Z", tier: null }));
    expect(await screen.findByText("Not up to date.")).toBeTruthy();
    expect(screen.getByText("42")).toBeTruthy();
  });

  it("asks nothing while nobody sees it", async () => {
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
    expect(server.asked).toEqual([]);
    act(() => see?.([{ isIntersecting: true }]));
    expect(await screen.findByText("42")).toBeTruthy();
  });
});
