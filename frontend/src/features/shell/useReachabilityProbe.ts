import { useApolloClient } from "@apollo/client/react";
import { useEffect } from "react";
import { useIsReachable } from "../../api/reachability.ts";
import type { SnapshotContext } from "../../api/snapshotLink.ts";
import { PageTickDocument } from "../../gql/graphql.ts";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;

/** A probe reads the newest snapshot and leaves the page's as it is. */
const PROBE_CONTEXT: SnapshotContext = { onFresh: () => undefined };

/**
 * While the server does not answer, asks it with growing pauses whether it does again, also on a
 * paused page. Failed panels wait for that, so that the page recovers soon after the server.
 */
export function useReachabilityProbe(): void {
  const client = useApolloClient();
  const isReachable = useIsReachable();
  useEffect(() => {
    if (isReachable) return;
    let pause = FIRST_PAUSE_MS;
    let timer: ReturnType<typeof setTimeout>;
    let isOver = false;
    function schedule() {
      // Jitter, so that many pages do not ask a server that starts at the same moment.
      if (!isOver) timer = setTimeout(probe, pause * (1 + Math.random() / 2));
      pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
    }
    async function probe() {
      if (!document.hidden) {
        // `useIsReachable` reports the outcome.
        await client
          .query({ query: PageTickDocument, fetchPolicy: "network-only", context: PROBE_CONTEXT })
          .catch(() => undefined);
      }
      schedule();
    }
    schedule();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [client, isReachable]);
}
