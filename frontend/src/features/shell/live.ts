import { useApolloClient } from "@apollo/client/react";
import { useEffect, useState } from "react";
import { reading } from "../../api/reading.ts";
import { PageTickDocument } from "../../gql/graphql.ts";
import type { RangeChoice } from "../../state/view.ts";

/** How often a page whose range still runs moves on. */
export const LIVE_INTERVAL_MS = 5_000;
/** How often a page about the past moves on: only corrections and imports can change it. */
export const SETTLED_INTERVAL_MS = 60_000;

/**
 * How many turns in a row a page that is still loading is left alone: moving on would make it load
 * again what is on its way. A question that never ends must not stop it for ever.
 */
const MAX_SKIPPED = 3;

export type LiveState = "live" | "paused" | "offline";

/** Whether only late bookings can change what the range shows. */
export function isSettled(range: RangeChoice, today: string): boolean {
  if (typeof range !== "string") return range.to < today;
  return /^(?:yesterday|\d+d|12m|last-.*)$/.test(range);
}

/**
 * Moves the page on to the newest as-of, again and again, while somebody looks at it. After a
 * pause, also of a hidden tab, it catches up at once.
 */
export function useLive(interval: number, isPaused: boolean): LiveState {
  const client = useApolloClient();
  const [isOffline, setOffline] = useState(false);

  useEffect(() => {
    if (isPaused) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    let skipped = 0;

    async function tick() {
      clearTimeout(timer);
      if (reading.isBusy && skipped < MAX_SKIPPED) {
        skipped += 1;
      } else if (!document.hidden) {
        skipped = 0;
        try {
          await client.query({
            query: PageTickDocument,
            fetchPolicy: "no-cache",
            context: {
              onFresh: (fresh: Parameters<typeof reading.moveTo>[0]) => reading.moveTo(fresh),
            },
          });
          if (!isOver) setOffline(false);
        } catch {
          if (!isOver) setOffline(true);
        }
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
  return isOffline ? "offline" : "live";
}
