import { gql } from "@apollo/client";
import { ApolloLink } from "@apollo/client/link";
import { Observable, type Subscriber } from "rxjs";
import { describe, expect, it } from "vitest";
import { createClient } from "./client.ts";
import { AS_OF_HEADER } from "./snapshotLink.ts";
import { SnapshotStore, TOKEN_LIFETIME_MS } from "./snapshotStore.ts";

/** A server that the test lets answer one request at a time. */
function server() {
  const open: {
    name: string;
    token: string | undefined;
    observer: Subscriber<ApolloLink.Result>;
  }[] = [];
  const link = new ApolloLink(
    (operation) =>
      new Observable((observer) => {
        const headers = operation.getContext().headers as Record<string, string> | undefined;
        open.push({
          name: operation.operationName ?? "",
          token: headers?.[AS_OF_HEADER],
          observer,
        });
      }),
  );
  return {
    link,
    open,
    seen: () => open.map(({ name, token }) => [name, token] as const),
    answer(index: number, snapshot: string, errors?: { code: string }) {
      const observer = open[index]?.observer;
      observer?.next({
        data: errors ? null : { n: snapshot },
        ...(errors && { errors: [{ message: "no", extensions: errors }] }),
        extensions: { asOf: "2026-01-01T00:00:00Z", snapshot, tier: "ROLLUP" },
      } as ApolloLink.Result);
      observer?.complete();
    },
    fail(index: number) {
      open[index]?.observer.error(new Error("gone"));
    },
  };
}

const queries = {
  A: gql("query A { n }"),
  B: gql("query B { n }"),
  C: gql("query C { n }"),
  D: gql("query D { n }"),
  E: gql("query E { n }"),
} as const;

function setUp() {
  let now = 0;
  const api = server();
  const store = new SnapshotStore(() => now);
  const client = createClient(api.link, store);
  return {
    api,
    store,
    advance: (ms: number) => {
      now += ms;
    },
    ask: (name: keyof typeof queries, context = {}) =>
      client.query({ query: queries[name], fetchPolicy: "no-cache", context }).catch(() => null),
  };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe("a page reads one snapshot", () => {
  it("sends the first operation alone and the others with its token", async () => {
    const { api, ask } = setUp();
    void ask("A");
    void ask("B");
    await settled();
    expect(api.seen()).toEqual([["A", undefined]]);
    api.answer(0, "s1");
    await settled();
    expect(api.seen().slice(1)).toEqual([["B", "s1"]]);
  });

  it("sends the next operation alone when the first fails", async () => {
    const { api, ask } = setUp();
    void ask("A");
    void ask("B");
    await settled();
    api.fail(0);
    await settled();
    expect(api.seen().slice(1)).toEqual([["B", undefined]]);
  });

  it("reads the newest snapshot on demand without moving the page", async () => {
    const { api, ask, store } = setUp();
    void ask("A");
    await settled();
    api.answer(0, "s1");
    const received: string[] = [];
    void ask("B", { onFresh: ({ snapshot }: { snapshot: string }) => received.push(snapshot) });
    await settled();
    api.answer(1, "s2");
    await settled();
    expect(api.seen()[1]).toEqual(["B", undefined]);
    expect(received).toEqual(["s2"]);
    expect(store.token).toBe("s1");
  });

  it("moves all operations to a new snapshot at once", async () => {
    const { api, ask, store } = setUp();
    store.moveTo({ snapshot: "s7", asOf: "2026-01-01T00:00:00Z", tier: null, leftOut: [] });
    void ask("A");
    await settled();
    expect(api.seen()).toEqual([["A", "s7"]]);
    api.answer(0, "s7");
    await settled();
    expect(store.isOutdated("A:{}")).toBe(false);
    store.moveTo({ snapshot: "s8", asOf: "2026-01-01T00:00:05Z", tier: null, leftOut: [] });
    expect(store.isOutdated("A:{}")).toBe(true);
  });

  it("counts an operation that was in flight while the page moved on as outdated", async () => {
    const { api, ask, store } = setUp();
    store.moveTo({ snapshot: "s1", asOf: "2026-01-01T00:00:00Z", tier: null, leftOut: [] });
    void ask("A");
    await settled();
    expect(store.isLoading).toBe(true);
    store.moveTo({ snapshot: "s2", asOf: "2026-01-01T00:00:05Z", tier: null, leftOut: [] });
    api.answer(0, "s1");
    await settled();
    expect([store.isOutdated("A:{}"), store.isLoading]).toEqual([true, false]);
  });

  it("moves the other operations on when the token has expired", async () => {
    const { api, ask, store, advance } = setUp();
    void ask("A");
    await settled();
    api.answer(0, "s1");
    await settled();
    advance(TOKEN_LIFETIME_MS);
    void ask("B");
    await settled();
    api.answer(1, "s2");
    await settled();
    expect([store.isOutdated("A:{}"), store.isOutdated("B:{}")]).toEqual([true, false]);
  });

  it("requests once per snapshot what the server answers from another one, or not at all", async () => {
    const { api, ask, store } = setUp();
    store.moveTo({ snapshot: "s2", asOf: "2026-01-01T00:00:05Z", tier: null, leftOut: [] });
    void ask("A");
    void ask("B");
    await settled();
    api.answer(0, "s1");
    api.fail(1);
    await settled();
    expect([store.isOutdated("A:{}"), store.isOutdated("B:{}")]).toEqual([false, false]);
  });

  it("does not send an expired token", async () => {
    const { api, ask, store, advance } = setUp();
    store.moveTo({ snapshot: "s1", asOf: "2026-01-01T00:00:00Z", tier: null, leftOut: [] });
    advance(TOKEN_LIFETIME_MS);
    void ask("A");
    await settled();
    expect(api.seen()).toEqual([["A", undefined]]);
  });

  it("retries without a token that the server no longer knows", async () => {
    const { api, ask, store } = setUp();
    store.moveTo({ snapshot: "old", asOf: "2026-01-01T00:00:00Z", tier: null, leftOut: [] });
    const answer = ask("A");
    await settled();
    api.answer(0, "old", { code: "AS_OF_EXPIRED" });
    await settled();
    api.answer(1, "s2");
    expect(api.seen()).toEqual([
      ["A", "old"],
      ["A", undefined],
    ]);
    expect(await answer).toMatchObject({ data: { n: "s2" } });
  });

  it("keeps the extensions of each response", async () => {
    const { api, ask, store } = setUp();
    void ask("A");
    await settled();
    api.answer(0, "s1");
    await settled();
    expect(store.extensionsOf("A:{}")).toMatchObject({ tier: "ROLLUP", snapshot: "s1" });
  });
});

describe("at most three operations run at once", () => {
  it("and the next starts when one completes, in order", async () => {
    const { api, ask, store } = setUp();
    store.moveTo({ snapshot: "s", asOf: "2026-01-01T00:00:00Z", tier: null, leftOut: [] });
    for (const name of ["A", "B", "C", "D", "E"] as const) void ask(name);
    await settled();
    expect(api.open.map(({ name }) => name)).toEqual(["A", "B", "C"]);
    api.answer(1, "s");
    api.fail(0);
    await settled();
    expect(api.open.map(({ name }) => name)).toEqual(["A", "B", "C", "D", "E"]);
  });
});
