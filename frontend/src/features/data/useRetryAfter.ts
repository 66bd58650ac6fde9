import { useEffect } from "react";
import type { PanelQuery } from "../../api/usePanelQuery.ts";

/** Asks again as soon as the page has changed something, rather than at the next poll. */
export function useRetryAfter(changes: number, { retry }: PanelQuery<unknown>): void {
  useEffect(() => {
    if (changes > 0) retry();
  }, [changes, retry]);
}
