import { useQuery } from "@apollo/client/react";
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { unmask } from "../../gql/fragment-masking.ts";
import { ImportJobsDocument, JobPartsFragmentDoc } from "../../gql/graphql.ts";
import { formatMoment } from "../../lib/dates.ts";
import { useReporting } from "../shared/reporting.ts";
import styles from "./data.module.css";
import { jobText } from "./wizard/Progress.tsx";
import { problemText } from "./wizard/words.ts";

const POLL_MS = 3000;

/** Imports and undos that are under way, also those of others, and those that failed lately. */
export function OpenJobs() {
  const { zone } = useReporting();
  const { data } = useQuery(ImportJobsDocument, {
    fetchPolicy: "no-cache",
    pollInterval: POLL_MS,
    skipPollAttempt: () => document.hidden,
  });
  const jobs = (data?.importJobs ?? [])
    .map((job) => unmask(JobPartsFragmentDoc, job))
    .filter(({ state }) => state !== "DONE");
  if (jobs.length === 0) return null;
  return (
    <ul className={styles.jobs} aria-label={t`Under way and failed`}>
      {jobs.map((job) => (
        <li key={job.id} data-failed={job.state === "FAILED"}>
          <Trans>
            <strong>{job.fileName ?? t`Taking back`}</strong> by {job.createdBy}:{" "}
            {job.problem === null
              ? jobText(job)
              : t`failed on ${formatMoment(job.createdAt, zone)}. ${problemText(job.problem)}`}
          </Trans>
        </li>
      ))}
    </ul>
  );
}
