import { gql } from "@apollo/client";
import { ApolloLink } from "@apollo/client/link";
import { Observable, type Subscriber } from "rxjs";
import { expect, it } from "vitest";
import { createClient } from "./client.ts";
import { TRACE_HEADER } from "./traceLink.ts";

it("puts the operations of a click into one trace, and those of the next into another", async () => {
  const open: { header: string; observer: Subscriber<ApolloLink.Result> }[] = [];
  const server = new ApolloLink(
    (operation) =>
      new Observable((observer) => {
        const headers = operation.getContext().headers as Record<string, string>;
        open.push({ header: headers[TRACE_HEADER] ?? "", observer });
      }),
  );
  const client = createClient(server);
  const ask = (name: string) =>
    client.query({ query: gql`query ${name} { n }`, fetchPolicy: "no-cache" });
  const answer = (index: number) => {
    open[index]?.observer.next({
      data: { n: 1 },
      extensions: { asOf: "2026-01-01T00:00:00Z", snapshot: "s", tier: "rollup" },
    });
    open[index]?.observer.complete();
  };
  const first = [ask("A"), ask("B")];
  await expect.poll(() => open.length).toBe(1);
  answer(0);
  await expect.poll(() => open.length).toBe(2);
  answer(1);
  await Promise.all(first);
  const next = ask("C");
  await expect.poll(() => open.length).toBe(3);
  answer(2);
  await next;

  const traces = open.map(({ header }) => header.split("-")[1]);
  expect(open.every(({ header }) => /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/.test(header))).toBe(true);
  expect(traces[0]).toBe(traces[1]);
  expect(traces[2]).not.toBe(traces[0]);
});
