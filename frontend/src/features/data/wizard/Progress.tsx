import type { JobPartsFragment } from "../../../gql/graphql.ts";
import { formatCount } from "../../../lib/numberFormat.ts";
import type { JobState } from "../useJob.ts";
import styles from "./wizard.module.css";
import { stepTitle } from "./words.ts";

/** A job that waits longer has probably no worker. */
const LONG_WAIT_SECONDS = 15;

/** What a job is doing. */
export function JobProgress({ state, what }: { readonly state: JobState; readonly what: string }) {
  const { job, problem, seconds } = state;
  const text = jobText(job, seconds);
  return (
    <div className={styles.progress}>
      <span>
        {what}: {text}
      </span>
      <progress aria-label={what} max={1} {...(job?.progress != null && { value: job.progress })} />
      {problem !== null && (
        <span className={styles.muted} role="status">
          {problem.title}. {problem.detail} The work goes on.
        </span>
      )}
    </div>
  );
}

export function jobText(job: JobPartsFragment | null, seconds = 0): string {
  if (job === null) return "asked for";
  if (job.state === "QUEUED") {
    return seconds < LONG_WAIT_SECONDS
      ? "waiting for a worker"
      : `no worker has taken it for ${Math.round(seconds)} s; check that the workers run`;
  }
  const rows = job.rows > 0 ? `, ${formatCount(job.rows, "row")}` : "";
  return `${stepTitle(job.step).toLowerCase()}${rows}`;
}

/** A step of known length, such as an upload. */
export function Bar({ label, part, text }: { label: string; part: number; text: string }) {
  return (
    <div className={styles.progress}>
      <span>{text}</span>
      <progress aria-label={label} max={1} value={part} />
    </div>
  );
}
