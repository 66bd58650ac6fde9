import { useApolloClient } from "@apollo/client/react";
import { useEffect, useRef } from "react";
import { useIsReachable } from "../../api/reachability.ts";
import type { SnapshotContext } from "../../api/snapshotLink.ts";
import { type ResponseExtensions, snapshotStore } from "../../api/snapshotStore.ts";
import { PageTickDocument } from "../../gql/graphql.ts";
import type { RangeChoice } from "../../state/view.ts";
import { LIVE_INTERVAL_MS } from "../shared/liveInterval.ts";

/** How often a page with a past range moves on without an import: corrections are rare. */
export const PAST_RANGE_INTERVAL_MS = 60_000;

/**
 * How many updates in a row are skipped while the page is loading, because a new snapshot would
 * restart what is in flight. The limit covers queries that never complete.
 */
const MAX_SKIPPED = 3;

export type LiveState = "live" | "paused" | "offline";

/** Whether the range is over, so that only corrections and imports can change its figures. */
export function isPastRange(range: RangeChoice, today: string): boolean {
  if (typeof range !== "string") return range.to < today;
  return /^(?:yesterday|\d+d|12m|last-.*)$/.test(range);
}

/** What a page knows of the newest snapshot before it moves there. */
export interface Newest {
  /** Of the page's range: see `isPastRange`. */
  readonly isPast: boolean;
  /** Since the page last moved. Milliseconds. */
  readonly sinceMove: number;
  /** When the newest import was published, as the page has it and as the newest snapshot has it. */
  readonly importKnown: string | null;
  readonly importThere: string | null;
}

/** Whether a page moves on: what is past changes by imports, at once, and rarely otherwise. */
export function mustMove({ isPast, sinceMove, importKnown, importThere }: Newest): boolean {
  return !isPast || importKnown !== importThere || sinceMove >= PAST_RANGE_INTERVAL_MS;
}

/**
 * Asks for the newest snapshot at each live interval while the tab is visible, and moves the page
 * there where figures can have changed. A tab that becomes visible catches up at once.
 *
 * @param isPast Whether the page's range is over.
 * @param importAt When the newest import was published that the page shows.
 */
export function useLiveUpdates(
  isPast: boolean,
  isPaused: boolean,
  importAt: string | null,
): LiveState {
  const client = useApolloClient();
  const isReachable = useIsReachable();
  // The answer of a tick renews what the page has at once, so what the page shows is kept here.
  const shown = useRef({ importAt, at: performance.now() });

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
        await ask().catch(() => undefined);
      }
      if (!isOver) timer = setTimeout(tick, LIVE_INTERVAL_MS);
    }

    async function ask() {
      let newest: ResponseExtensions | null = null;
      const onFresh: SnapshotContext["onFresh"] = (extensions) => {
        newest = extensions;
      };
      const { data } = await client.query({
        query: PageTickDocument,
        fetchPolicy: "network-only",
        context: { onFresh },
      });
      const importThere = data?.reporting.lastImportAt ?? null;
      const sinceMove = performance.now() - shown.current.at;
      const importKnown = shown.current.importAt;
      if (newest !== null && mustMove({ isPast, sinceMove, importKnown, importThere })) {
        shown.current = { importAt: importThere, at: performance.now() };
        snapshotStore.moveTo(newest);
      }
    }

    function onVisible() {
      if (!document.hidden) void tick();
    }

    timer = setTimeout(tick, LIVE_INTERVAL_MS);
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [client, isPast, isPaused]);

  if (isPaused) return "paused";
  return isReachable ? "live" : "offline";
}
