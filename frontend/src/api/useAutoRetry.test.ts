import { gql } from "@apollo/client";
import { ApolloLink, execute } from "@apollo/client/link";
import { renderHook } from "@testing-library/react";
import { of, throwError } from "rxjs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createClient } from "./client.ts";
import { useAutoRetry } from "./useAutoRetry.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Sends another request of the page, which fails or is answered. */
function requestOnce(answer: Error | ApolloLink.Result): Promise<void> {
  const server = new ApolloLink(() =>
    answer instanceof Error ? throwError(() => answer) : of(answer),
  );
  const client = createClient(server);
  return new Promise((resolve) => {
    execute(client.link, { query: gql`query Any { any }` }, { client }).subscribe({
      complete: resolve,
      error: () => resolve(),
    });
  });
}

/** A failed request that the test completes. */
function failedRequest() {
  const retry = vi.fn();
  const { rerender } = renderHook(useAutoRetry, {
    initialProps: { hasFailed: true, isLoading: false, retry },
  });
  return {
    retry,
    completes(hasFailed: boolean) {
      rerender({ hasFailed: true, isLoading: true, retry });
      rerender({ hasFailed, isLoading: false, retry });
    },
  };
}

describe("useAutoRetry", () => {
  it("retries with growing pauses until the request succeeds", () => {
    const { retry, completes } = failedRequest();
    for (const [tries, pause] of [5, 10, 20, 40, 60, 60].entries()) {
      vi.advanceTimersByTime(pause * 1000 - 1);
      expect(retry).toHaveBeenCalledTimes(tries);
      vi.advanceTimersByTime(1);
      expect(retry).toHaveBeenCalledTimes(tries + 1);
      completes(true);
    }
    completes(false);
    vi.advanceTimersByTime(600_000);
    expect(retry).toHaveBeenCalledTimes(6);
    completes(true);
    vi.advanceTimersByTime(5_000);
    expect(retry).toHaveBeenCalledTimes(7);
  });

  it("retries at once when the server answers again", async () => {
    const { retry, completes } = failedRequest();
    await requestOnce(new Error("refused"));
    for (const pause of [5, 10, 20, 40]) {
      vi.advanceTimersByTime(pause * 1000);
      completes(true);
    }
    expect(retry).toHaveBeenCalledTimes(4);
    await requestOnce({ data: {} });
    expect(retry).toHaveBeenCalledTimes(5);
    completes(false);
    await requestOnce(new Error("refused"));
    await requestOnce({ data: {} });
    expect(retry).toHaveBeenCalledTimes(5);
  });

  it("is not hurried by the answers to others while its own request fails", async () => {
    const { retry, completes } = failedRequest();
    for (let time = 0; time < 10; time += 1) {
      await requestOnce(new Error("refused"));
      await requestOnce({ data: {} });
      completes(true);
    }
    expect(retry).not.toHaveBeenCalled();
  });

  it("waits while the tab is hidden", () => {
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    const { retry } = failedRequest();
    vi.advanceTimersByTime(600_000);
    expect(retry).not.toHaveBeenCalled();
    hidden.mockReturnValue(false);
    vi.advanceTimersByTime(5_000);
    expect(retry).toHaveBeenCalledOnce();
  });
});
