import { useMutation } from "@apollo/client/react";
import { useCallback, useEffect, useRef, useState } from "react";
import { UndoImportDocument } from "../../gql/graphql.ts";
import { formatExact } from "../../lib/numberFormat.ts";
import styles from "./data.module.css";
import { filesText, type Run } from "./run.ts";
import { isFinished, useJob, useStarter } from "./useJob.ts";
import { JobProgress } from "./wizard/Progress.tsx";
import { formatInteger, problemText } from "./wizard/words.ts";

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
      <h2 id="undo-title">Take back import {run.number}?</h2>
      {job?.undo ? (
        <p role="status">
          Import {run.number} is taken back: {formatInteger(job.undo.takenBack)} lines no longer
          count
          {job.undo.restored > 0 && `, and ${formatInteger(job.undo.restored)} count again`}.
        </p>
      ) : (
        <>
          <p>
            {filesText(run)}, into “{run.source}”. Figures become what they were before it:
          </p>
          <ul>
            <li>
              {formatInteger(booked)} lines that it booked no longer count
              {run.totals.length > 0 &&
                `; the file had a revenue of ${run.totals
                  .map(({ currency, net }) => formatExact(net, { unit: "money", currency }))
                  .join(" + ")}`}
              .
            </li>
            {run.lines.takenBack + run.lines.changed > 0 && (
              <li>
                {formatInteger(run.lines.takenBack + run.lines.changed)} lines that it had taken
                back or changed count again.
              </li>
            )}
            <li>
              Nothing is deleted: the ledger keeps both. The corrected file can be imported again.
            </li>
          </ul>
        </>
      )}
      {isRunning && <JobProgress state={state} what="Taking back" />}
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
          {jobId === null ? "Keep it" : "Close"}
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
          >
            Take it back
          </button>
        )}
      </div>
    </dialog>
  );
}
