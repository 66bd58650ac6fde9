import { useMutation } from "@apollo/client/react";
import { t } from "@lingui/core/macro";
import { type FormEvent, useState } from "react";
import {
  AnnotateDocument,
  AnnotationsDocument,
  RemoveAnnotationDocument,
} from "../../gql/graphql.ts";
import { todayIn } from "../../lib/dates.ts";
import { rangeDates } from "../../state/rangeDates.ts";
import { rangeTitle } from "../../state/titles.ts";
import { useView } from "../../state/useView.ts";
import { Dialog } from "../../ui/Dialog.tsx";
import { useReporting } from "../shared/reporting.ts";
import { useAnnotations } from "../shared/useAnnotations.ts";
import { calendarOf } from "../shared/useCalendar.ts";
import { DialogHeader } from "./DialogHeader.tsx";
import type { DialogContentProps } from "./Dialogs.tsx";
import styles from "./NotesDialog.module.css";
import { NotesList } from "./NotesList.tsx";
import { TokenNeeded } from "./TokenNeeded.tsx";
import { NO_SNAPSHOT, useSavedViews } from "./useSavedViews.ts";

const MAX_TEXT = 300;

/** Notes of what happened on which days, for every reader. */
export function AnnotationsDialog({ onClose }: DialogContentProps) {
  const annotations = useAnnotations();
  const { canShare, isLoading, error } = useSavedViews();
  const again = { context: NO_SNAPSHOT, refetchQueries: [AnnotationsDocument] };
  const [annotate, adding] = useMutation(AnnotateDocument, again);
  const [remove, removing] = useMutation(RemoveAnnotationDocument, again);
  const problem = error ?? adding.error ?? removing.error;
  return (
    <Dialog name={t`Annotations`} onClose={onClose}>
      <DialogHeader title={t`Annotations`} onClose={onClose} />
      <div className={styles.body}>
        {annotations.length === 0 && (
          <p
            className={styles.hint}
          >{t`None yet. An annotation says what happened on some days.`}</p>
        )}
        <NotesList
          notes={annotations.map(({ id, from, to, text, author, isMine }) => ({
            id,
            name: text,
            isMine,
            content: (
              <>
                <span>
                  <strong>{rangeTitle({ from, to })}</strong> {text}
                </span>
                <small>{author}</small>
              </>
            ),
          }))}
          problem={problem}
          isRemoving={removing.loading}
          onRemove={(id) => void remove({ variables: { id } }).catch(() => undefined)}
        />
        {canShare && (
          <Form
            isSaving={adding.loading}
            // `adding.error` reports a failure.
            onSave={(note) => annotate({ variables: note }).then(Boolean, () => false)}
          />
        )}
        {!isLoading && !error && !canShare && <TokenNeeded what={t`Annotating`} />}
      </div>
    </Dialog>
  );
}

interface Note {
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

interface FormProps {
  readonly isSaving: boolean;
  readonly onSave: (note: Note) => Promise<boolean>;
}

function Form({ isSaving, onSave }: FormProps) {
  const [{ range }] = useView();
  const reporting = useReporting();
  const last = [
    rangeDates(range, calendarOf(reporting)).to,
    todayIn(reporting.zone, new Date()),
  ].toSorted()[0];
  const [from, setFrom] = useState(last ?? "");
  const [to, setTo] = useState(last ?? "");
  const [text, setText] = useState("");
  async function onSubmit(event: FormEvent) {
    event.preventDefault();
    if (await onSave({ from, to, text })) setText("");
  }
  return (
    <form className={styles.form} onSubmit={(event) => void onSubmit(event)}>
      <label>
        {t`From`}
        <input type="date" required value={from} onChange={({ target }) => setFrom(target.value)} />
      </label>
      <label>
        {t`To`}
        <input
          type="date"
          required
          min={from}
          value={to}
          onChange={({ target }) => setTo(target.value)}
        />
      </label>
      <label className={styles.wide}>
        {t`What happened`}
        <input
          required
          maxLength={MAX_TEXT}
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
      </label>
      <button type="submit" disabled={isSaving || text.trim() === ""}>{t`Add`}</button>
    </form>
  );
}
