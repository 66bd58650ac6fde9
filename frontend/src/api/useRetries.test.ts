import { renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { useRetries } from "./useRetries.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Something that is asked again, and whose end the test says. */
function asked() {
  const retry = vi.fn();
  const { rerender } = renderHook(useRetries, {
    initialProps: { hasFailed: true, isLoading: false, retry },
  });
  return {
    retry,
    ends(hasFailed: boolean) {
      rerender({ hasFailed: true, isLoading: true, retry });
      rerender({ hasFailed, isLoading: false, retry });
    },
  };
}

describe("what failed and may pass", () => {
  it("is tried again ever more rarely, until it succeeds", () => {
    const { retry, ends } = asked();
    for (const [tries, pause] of [5, 10, 20, 40, 60, 60].entries()) {
      vi.advanceTimersByTime(pause * 1000 - 1);
      expect(retry).toHaveBeenCalledTimes(tries);
      vi.advanceTimersByTime(1);
      expect(retry).toHaveBeenCalledTimes(tries + 1);
      ends(true);
    }
    ends(false);
    vi.advanceTimersByTime(600_000);
    expect(retry).toHaveBeenCalledTimes(6);
    ends(true);
    vi.advanceTimersByTime(5_000);
    expect(retry).toHaveBeenCalledTimes(7);
  });

  it("waits for somebody to look", () => {
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    const { retry } = asked();
    vi.advanceTimersByTime(600_000);
    expect(retry).not.toHaveBeenCalled();
    hidden.mockReturnValue(false);
    vi.advanceTimersByTime(5_000);
    expect(retry).toHaveBeenCalledOnce();
  });
});
