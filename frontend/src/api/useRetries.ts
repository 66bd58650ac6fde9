import { useEffect, useRef } from "react";

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;

export interface Retried {
  /** It failed, and the same request may succeed later. */
  readonly hasFailed: boolean;
  readonly isLoading: boolean;
  /** Does not change from one render to the next. */
  readonly retry: () => void;
}

/**
 * Tries again by itself what may pass, such as an upgrade of the server: ever more rarely, not all
 * pages at the same time, and not in a tab that nobody sees.
 */
export function useRetries({ hasFailed, isLoading, retry }: Retried): void {
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
}
