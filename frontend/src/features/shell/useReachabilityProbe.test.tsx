import { useQuery } from "@apollo/client/react";
import { screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useIsReachable } from "../../api/reachability.ts";
import { ShellDocument } from "../../gql/graphql.ts";
import { fakeServer, renderInPage } from "../../test/render.tsx";
import { useReachabilityProbe } from "./useReachabilityProbe.ts";

beforeEach(() => vi.useFakeTimers({ shouldAdvanceTime: true }));
afterEach(() => vi.useRealTimers());

function State() {
  useReachabilityProbe();
  useQuery(ShellDocument);
  return <p>{useIsReachable() ? "reachable" : "unreachable"}</p>;
}

it("asks until the server answers again, and no longer", async () => {
  let isDown = true;
  const answer = () => (isDown ? new Error("refused") : { freshness: { asOf: "" } });
  const server = fakeServer({ Shell: answer, PageTick: answer });
  renderInPage(<State />, server);
  await screen.findByText("unreachable");
  const probes = () => server.requested.filter((name) => name === "PageTick").length;
  // The pauses grow to 15 seconds: without an end to the outage, it goes on asking.
  await vi.advanceTimersByTimeAsync(120_000);
  expect(probes()).toBeGreaterThan(5);
  isDown = false;
  await vi.advanceTimersByTimeAsync(25_000);
  await waitFor(() => expect(screen.getByText("reachable")).toBeTruthy());
  const before = probes();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(probes()).toBe(before);
});
