import type { OperationVariables, TypedDocumentNode } from "@apollo/client";
import { skipToken, useQuery } from "@apollo/client/react";
import { useCallback, useEffect, useState } from "react";
import { describeError, type Problem } from "./errors.ts";
import type { SnapshotContext } from "./snapshotLink.ts";
import {
  operationKey,
  operationName,
  type ResponseExtensions,
  useIsInFlight,
  useIsOutdated,
  useResponseExtensions,
} from "./snapshotStore.ts";
import { useAutoRetry } from "./useAutoRetry.ts";
import { useInView } from "./useInView.ts";

/** A panel's query in the states that the panel shows. */
export interface PanelQuery<Data> {
  /** Put on the panel's element: a panel out of view sends no query. */
  readonly ref: (element: Element | null) => void;
  /** The last result, also while the next is loading; `undefined` before the first. */
  readonly data: Data | undefined;
  /** Whether `data` belongs to earlier variables: the range or the filters have changed since. */
  readonly isStale: boolean;
  readonly isLoading: boolean;
  readonly problem: Problem | null;
  /** The extensions of the last response. */
  readonly extensions: ResponseExtensions | undefined;
  readonly retry: () => void;
}

export interface PanelQueryOptions {
  /** Polls the newest snapshot at this interval instead of following the page's. Milliseconds. */
  readonly pollInterval?: number;
}

/** Polling panels read the newest snapshot and leave the page's as it is. */
const FRESH_CONTEXT: SnapshotContext = { onFresh: () => undefined };

/**
 * Runs a panel's query while the panel is in view, and repeats it until its result is of the
 * page's snapshot. Out of view the panel keeps its last variables and catches up when it returns.
 */
export function usePanelQuery<Data, Variables extends OperationVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  { pollInterval }: PanelQueryOptions = {},
): PanelQuery<Data> {
  const [isInView, ref] = useInView();
  const key = operationKey(operationName(document), variables);
  const [active, setActive] = useState<{ key: string; variables: Variables } | null>(null);
  if (isInView && active?.key !== key) setActive({ key, variables });
  const isPolling = pollInterval !== undefined;

  const result = useQuery<Data, OperationVariables>(
    document,
    active === null
      ? skipToken
      : {
          variables: active.variables,
          fetchPolicy: "cache-and-network",
          notifyOnNetworkStatusChange: true,
          ...(isPolling && {
            context: FRESH_CONTEXT,
            pollInterval: isInView ? pollInterval : 0,
            skipPollAttempt: () => globalThis.document.hidden,
          }),
        },
  );
  const { refetch } = result;
  const retry = useCallback(() => {
    // `result.error` reports a failure.
    refetch().catch(() => undefined);
  }, [refetch]);

  const isOutdated = useIsOutdated(active?.key ?? "");
  const mustRefetch = isOutdated && active !== null && isInView && !isPolling;
  // Apollo would merge a request with one in flight, which reads the older snapshot.
  const isInFlight = useIsInFlight(active?.key ?? "");
  useEffect(() => {
    if (mustRefetch && !isInFlight) retry();
  }, [mustRefetch, isInFlight, retry]);

  const problem = result.error ? describeError(result.error) : null;
  useAutoRetry({
    // Polling repeats the query in any case.
    hasFailed: problem?.canRetry === true && isInView && !isPolling,
    isLoading: result.loading,
    retry,
  });

  // After a failure, the last answer to other variables would contradict the page's range.
  const isOfOtherVariables = result.data === undefined && active?.key === key;
  const last = problem !== null && isOfOtherVariables ? undefined : result.previousData;
  const data = (result.data ?? last) as Data | undefined;
  return {
    ref,
    data,
    isStale: data !== undefined && (result.data === undefined || active?.key !== key),
    isLoading: active === null || result.loading || mustRefetch,
    problem,
    extensions: useResponseExtensions(active?.key ?? ""),
    retry,
  };
}
