import type { OperationVariables, TypedDocumentNode } from "@apollo/client";
import { skipToken, useQuery } from "@apollo/client/react";
import { useCallback, useEffect, useState } from "react";
import { describeError, type Problem } from "./errors.ts";
import {
  operationKey,
  operationName,
  type Reading,
  useIsBehind,
  useIsUnderWay,
  useReadingOf,
} from "./reading.ts";
import type { ReadingContext } from "./readingLink.ts";
import { useRetries } from "./useRetries.ts";
import { useVisible } from "./useVisible.ts";

/** One panel's answer, in the states that a panel can show. */
export interface PanelQuery<Data> {
  /** Put on the panel's element: a panel that nobody sees asks nothing. */
  readonly ref: (element: Element | null) => void;
  /** The last good answer, also while the next one is under way; `undefined` before the first. */
  readonly data: Data | undefined;
  /** `data` answers an earlier question: the range or the filters have changed since. */
  readonly isStale: boolean;
  readonly isLoading: boolean;
  readonly problem: Problem | null;
  /** What the answer says about itself. */
  readonly reading: Reading | undefined;
  readonly retry: () => void;
}

export interface PanelOptions {
  /** Read as of now every so many milliseconds, instead of moving with the page. */
  readonly liveEvery?: number;
}

/** Live panels read for themselves: what they were read as of does not move the page. */
const LIVE_CONTEXT: ReadingContext = { onFresh: () => undefined };

/**
 * Asks one panel's question while the panel is in sight, and again until its answer is of the
 * page's moment. Out of sight it keeps the question it asked last and catches up when it is seen.
 */
export function usePanelQuery<Data, Variables extends OperationVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  { liveEvery }: PanelOptions = {},
): PanelQuery<Data> {
  const [visible, ref] = useVisible();
  const key = operationKey(operationName(document), variables);
  const [asked, setAsked] = useState<{ key: string; variables: Variables } | null>(null);
  if (visible && asked?.key !== key) setAsked({ key, variables });

  const result = useQuery<Data, OperationVariables>(
    document,
    asked === null
      ? skipToken
      : {
          variables: asked.variables,
          fetchPolicy: "cache-and-network",
          notifyOnNetworkStatusChange: true,
          ...(liveEvery !== undefined && {
            context: LIVE_CONTEXT,
            pollInterval: visible ? liveEvery : 0,
            skipPollAttempt: () => globalThis.document.hidden,
          }),
        },
  );
  const { refetch } = result;
  const retry = useCallback(() => {
    // A failure shows through `result.error`.
    refetch().catch(() => undefined);
  }, [refetch]);

  // Live panels have a moment of their own, and what nobody sees catches up when it is seen.
  const behind = useIsBehind(asked?.key ?? "");
  const catchesUp = behind && asked !== null && visible && liveEvery === undefined;
  // Asked while it is under way, a question would join the one of the older moment.
  const underWay = useIsUnderWay(asked?.key ?? "");
  useEffect(() => {
    if (catchesUp && !underWay) retry();
  }, [catchesUp, underWay, retry]);

  const problem = result.error ? describeError(result.error) : null;
  useRetries({
    // Live panels ask again in any case.
    hasFailed: problem?.canRetry === true && visible && liveEvery === undefined,
    isLoading: result.loading,
    retry,
  });

  const data = (result.data ?? result.previousData) as Data | undefined;
  return {
    ref,
    data,
    isStale: data !== undefined && (result.data === undefined || asked?.key !== key),
    isLoading: asked === null || result.loading || catchesUp,
    problem,
    reading: useReadingOf(asked?.key ?? ""),
    retry,
  };
}
