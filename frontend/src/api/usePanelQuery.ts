import type { OperationVariables, TypedDocumentNode } from "@apollo/client";
import { skipToken, useQuery } from "@apollo/client/react";
import { useCallback, useEffect, useRef, useState } from "react";
import { describeError, type Problem } from "./errors.ts";
import { operationKey, operationName, type Reading, useReadingOf, useTurn } from "./reading.ts";
import type { ReadingContext } from "./readingLink.ts";
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
 * Asks one panel's question while the panel is in sight, and again whenever the page moves on to a
 * newer as-of. Out of sight it keeps the question it asked last and catches up when it is seen.
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

  const turn = useTurn();
  const answered = useRef({ key: asked?.key, turn });
  useEffect(() => {
    const { key: answeredKey, turn: answeredTurn } = answered.current;
    if (asked === null || !visible) return;
    answered.current = { key: asked.key, turn };
    // A new question goes out by itself, as of the newest turn.
    if (liveEvery === undefined && answeredKey === asked.key && answeredTurn !== turn) retry();
  }, [asked, visible, turn, retry, liveEvery]);

  const data = (result.data ?? result.previousData) as Data | undefined;
  return {
    ref,
    data,
    isStale: data !== undefined && (result.data === undefined || asked?.key !== key),
    isLoading: asked === null || result.loading,
    problem: result.error ? describeError(result.error) : null,
    reading: useReadingOf(asked?.key ?? ""),
    retry,
  };
}
