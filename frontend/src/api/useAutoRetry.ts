import { useEffect, useRef } from "react";
import { onRecovery } from "./reachability.ts";

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;

export interface AutoRetryOptions {
  /** The request failed and may succeed later. */
  readonly hasFailed: boolean;
  readonly isLoading: boolean;
  /** Must keep its identity from one render to the next. */
  readonly retry: () => void;
}

/**
 * Retries a failed request with exponential backoff and jitter, for failures that pass, such as an
 * upgrade of the server, and at once when the server answers another request again. A hidden tab
 * does not retry.
 */
export function useAutoRetry({ hasFailed, isLoading, retry }: AutoRetryOptions): void {
  const tries = useRef(0);
  useEffect(() => {
    if (isLoading) return;
    if (!hasFailed) {
      tries.current = 0;
      return;
    }
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries.current);
    const timer = setInterval(
      () => {
        if (document.hidden) return;
        tries.current += 1;
        retry();
      },
      pause * (1 + Math.random() / 2),
    );
    return () => clearInterval(timer);
  }, [hasFailed, isLoading, retry]);
  useEffect(() => {
    if (!hasFailed || isLoading) return;
    return onRecovery(() => {
      tries.current = 0;
      retry();
    });
  }, [hasFailed, isLoading, retry]);
}
