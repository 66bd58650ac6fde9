import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { JobPartsFragment } from "../../../gql/graphql.ts";
import { within } from "../../../lib/locale.ts";
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
          <Trans>
            {problem.title}. {problem.detail} The work goes on.
          </Trans>
        </span>
      )}
    </div>
  );
}

export function jobText(job: JobPartsFragment | null, seconds = 0): string {
  if (job === null) return t`asked for`;
  if (job.state === "QUEUED") {
    return seconds < LONG_WAIT_SECONDS
      ? t`waiting to begin`
      : t`not begun for ${Math.round(seconds)} s: an administrator can see whether the background workers run`;
  }
  const step = within(stepTitle(job.step));
  return job.rows > 0
    ? plural(job.rows, { one: `${step}, # row`, other: `${step}, # rows` })
    : step;
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
