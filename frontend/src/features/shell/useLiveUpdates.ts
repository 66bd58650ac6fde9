import { useApolloClient } from "@apollo/client/react";
import { useEffect } from "react";
import { useIsReachable } from "../../api/reachability.ts";
import type { SnapshotContext } from "../../api/snapshotLink.ts";
import { snapshotStore } from "../../api/snapshotStore.ts";
import { PageTickDocument } from "../../gql/graphql.ts";
import type { RangeChoice } from "../../state/view.ts";

/** How often a page with a past range moves on: only corrections and imports can change it. */
export const PAST_RANGE_INTERVAL_MS = 60_000;

/**
 * How many updates in a row are skipped while the page is loading, because a new snapshot would
 * restart what is in flight. The limit covers queries that never complete.
 */
const MAX_SKIPPED = 3;

export type LiveState = "live" | "paused" | "offline";

const TICK_CONTEXT: SnapshotContext = {
  onFresh: (extensions) => snapshotStore.moveTo(extensions),
};

/** Whether the range is over, so that only corrections and imports can change its figures. */
export function isPastRange(range: RangeChoice, today: string): boolean {
  if (typeof range !== "string") return range.to < today;
  return /^(?:yesterday|\d+d|12m|last-.*)$/.test(range);
}

/**
 * Moves the page to the newest snapshot at each interval while its tab is visible. A tab that
 * becomes visible catches up at once.
 */
export function useLiveUpdates(interval: number, isPaused: boolean): LiveState {
  const client = useApolloClient();
  const isReachable = useIsReachable();

  useEffect(() => {
    if (isPaused) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    let skipped = 0;

    async function tick() {
      clearTimeout(timer);
      if (snapshotStore.isLoading && skipped < MAX_SKIPPED) {
        skipped += 1;
      } else if (!document.hidden) {
        skipped = 0;
        // `useIsReachable` reports a failure.
        await client
          .query({ query: PageTickDocument, fetchPolicy: "network-only", context: TICK_CONTEXT })
          .catch(() => undefined);
      }
      if (!isOver) timer = setTimeout(tick, interval);
    }

    function onVisible() {
      if (!document.hidden) void tick();
    }

    timer = setTimeout(tick, interval);
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [client, interval, isPaused]);

  if (isPaused) return "paused";
  return isReachable ? "live" : "offline";
}
