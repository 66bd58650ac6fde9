import { useApolloClient } from "@apollo/client/react";
import { useCallback, useEffect, useRef, useState } from "react";
import { describeError, type Problem } from "../../api/errors.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  ImportJobDocument,
  type JobPartsFragment,
  JobPartsFragmentDoc,
} from "../../gql/graphql.ts";

const POLL_MS = 400;

export interface JobState {
  readonly job: JobPartsFragment | null;
  /** Why its progress is not known; it goes on all the same. */
  readonly problem: Problem | null;
  /** How long it has been waited for, by this browser's clock. */
  readonly seconds: number;
}

const IDLE: JobState = { job: null, problem: null, seconds: 0 };

export function isFinished(job: JobPartsFragment | null): boolean {
  return job?.state === "DONE" || job?.state === "FAILED";
}

/** Follows a job until it is done or failed, also through outages of the API. */
export function useJob(id: string | null, onFinished?: (job: JobPartsFragment) => void): JobState {
  const client = useApolloClient();
  const [known, setKnown] = useState<{ id: string; state: JobState } | null>(null);
  const finished = useRef(onFinished);
  useEffect(() => {
    finished.current = onFinished;
  });
  useEffect(() => {
    if (id === null) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let hasEnded = false;
    let last: JobPartsFragment | null = null;
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1000;
    async function look(wanted: string) {
      try {
        const { data } = await client.query({
          query: ImportJobDocument,
          variables: { id: wanted },
          fetchPolicy: "no-cache",
        });
        if (hasEnded || data === undefined) return;
        last = unmask(JobPartsFragmentDoc, data.importJob);
        setKnown({ id: wanted, state: { job: last, problem: null, seconds: seconds() } });
        if (isFinished(last)) {
          finished.current?.(last);
          return;
        }
      } catch (error) {
        if (hasEnded) return;
        const problem = describeError(error);
        setKnown({ id: wanted, state: { job: last, problem, seconds: seconds() } });
        if (!problem.canRetry) return;
      }
      timer = setTimeout(look, POLL_MS, wanted);
    }
    look(id);
    return () => {
      hasEnded = true;
      clearTimeout(timer);
    };
  }, [client, id]);
  return known !== null && known.id === id ? known.state : IDLE;
}

/** Sends a mutation that makes a job; gives the job's id, or the problem in words. */
export function useStarter<Variables>(
  start: (variables: Variables) => Promise<string>,
): [(variables: Variables) => Promise<string | null>, Problem | null, () => void] {
  const [problem, setProblem] = useState<Problem | null>(null);
  const clear = useCallback(() => setProblem(null), []);
  const run = useCallback(
    async (variables: Variables) => {
      setProblem(null);
      try {
        return await start(variables);
      } catch (error) {
        setProblem(describeError(error));
        return null;
      }
    },
    [start],
  );
  return [run, problem, clear];
}
