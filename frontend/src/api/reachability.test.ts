import { gql } from "@apollo/client";
import { ApolloLink, execute } from "@apollo/client/link";
import { act, renderHook } from "@testing-library/react";
import { of, throwError } from "rxjs";
import { expect, it } from "vitest";
import { createClient } from "./client.ts";
import { useIsReachable } from "./reachability.ts";

it("is lost with the first failed request and back with the first answer", async () => {
  let isDown = true;
  const server = new ApolloLink(() =>
    isDown ? throwError(() => new Error("refused")) : of({ data: {} }),
  );
  const client = createClient(server);
  const { result } = renderHook(() => useIsReachable());
  const request = () =>
    new Promise<void>((resolve) => {
      execute(client.link, { query: gql`query Any { any }` }, { client }).subscribe({
        complete: resolve,
        error: () => resolve(),
      });
    });
  expect(result.current).toBe(true);
  await act(request);
  expect(result.current).toBe(false);
  isDown = false;
  await act(request);
  expect(result.current).toBe(true);
});
