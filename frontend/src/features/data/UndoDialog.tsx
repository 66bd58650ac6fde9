import { useMutation } from "@apollo/client/react";
import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useCallback, useEffect, useRef, useState } from "react";
import { UndoImportDocument } from "../../gql/graphql.ts";
import { formatExact } from "../../lib/numberFormat.ts";
import styles from "./data.module.css";
import { filesText, type Run } from "./run.ts";
import { isFinished, useJob, useStarter } from "./useJob.ts";
import { JobProgress } from "./wizard/Progress.tsx";
import { problemText } from "./wizard/words.ts";

interface UndoDialogProps {
  readonly run: Run;
  readonly onClose: () => void;
  readonly onUndone: () => void;
}

/** Says what taking an import back changes, asks, and shows how it goes. */
export function UndoDialog({ run, onClose, onUndone }: UndoDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [jobId, setJobId] = useState<string | null>(null);
  const [undo] = useMutation(UndoImportDocument);
  const start = useCallback(
    async (id: string) => {
      const { data } = await undo({ variables: { id } });
      return data?.undoImport.id ?? "";
    },
    [undo],
  );
  const [begin, refused] = useStarter(start);
  const state = useJob(jobId, ({ state: end }) => {
    if (end === "DONE") onUndone();
  });
  const { job } = state;
  useEffect(() => dialog.current?.showModal(), []);
  const booked = run.lines.new + run.lines.changed + run.lines.again;
  const isRunning = jobId !== null && !isFinished(job);
  return (
    <dialog ref={dialog} className={styles.dialog} aria-labelledby="undo-title" onClose={onClose}>
      <h2 id="undo-title">
        <Trans>Take back import {run.number}?</Trans>
      </h2>
      {job?.undo ? (
        <p role="status">{undoneText(run.number, job.undo.takenBack, job.undo.restored)}</p>
      ) : (
        <>
          <p>
            <Trans>
              {filesText(run)}, into “{run.source}”. Figures become what they were before it:
            </Trans>
          </p>
          <ul>
            <li>
              {plural(booked, {
                one: "# line that it booked no longer counts.",
                other: "# lines that it booked no longer count.",
              })}
              {run.totals.length > 0 && " "}
              {run.totals.length > 0 && t`The file had a revenue of ${revenueOf(run)}.`}
            </li>
            {run.lines.takenBack + run.lines.changed > 0 && (
              <li>
                {plural(run.lines.takenBack + run.lines.changed, {
                  one: "# line that it had taken back or changed counts again.",
                  other: "# lines that it had taken back or changed count again.",
                })}
              </li>
            )}
            <li>{t`Nothing is deleted: the ledger keeps both. The corrected file can be imported again.`}</li>
          </ul>
        </>
      )}
      {isRunning && <JobProgress state={state} what={t`Taking back`} />}
      {refused !== null && (
        <p role="alert" className={styles.warn}>
          {refused.title}. {refused.detail}
        </p>
      )}
      {job?.problem && (
        <p role="alert" className={styles.warn}>
          {problemText(job.problem)}
        </p>
      )}
      <div className={styles.buttons}>
        <button type="button" className={styles.small} onClick={() => dialog.current?.close()}>
          {jobId === null ? t`Keep it` : t`Close`}
        </button>
        {jobId === null && (
          <button
            type="button"
            className={styles.danger}
            onClick={() => {
              begin(run.id).then((id) => {
                if (id) setJobId(id);
              });
            }}
          >{t`Take it back`}</button>
        )}
      </div>
    </dialog>
  );
}

function revenueOf({ totals }: Run): string {
  return totals
    .map(({ currency, net }) => formatExact(net, { unit: "money", currency }))
    .join(" + ");
}

function undoneText(number: number, takenBack: number, restored: number): string {
  const gone = plural(takenBack, {
    one: `Import ${number} is taken back: # line no longer counts.`,
    other: `Import ${number} is taken back: # lines no longer count.`,
  });
  if (restored === 0) return gone;
  const again = plural(restored, { one: "# line counts again.", other: "# lines count again." });
  return `${gone} ${again}`;
}
