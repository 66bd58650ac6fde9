import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import { describeError } from "../../api/errors.ts";
import { CloseIcon } from "../../ui/icons.tsx";
import styles from "./NotesDialog.module.css";

interface Note {
  readonly id: string;
  /** What the button that removes it says. */
  readonly name: string;
  readonly isMine: boolean;
  readonly content: ReactNode;
}

interface NotesListProps {
  readonly notes: readonly Note[];
  readonly problem: Error | undefined;
  readonly isRemoving: boolean;
  readonly onRemove: (id: string) => void;
}

/** What users keep, each removable by its owner, and what failed. */
export function NotesList({ notes, problem, isRemoving, onRemove }: NotesListProps) {
  return (
    <>
      <ul className={styles.list}>
        {notes.map(({ id, name, isMine, content }) => (
          <li key={id}>
            {content}
            {isMine && (
              <button
                type="button"
                aria-label={t`Remove ${name}`}
                title={t`Remove`}
                disabled={isRemoving}
                onClick={() => onRemove(id)}
              >
                <CloseIcon />
              </button>
            )}
          </li>
        ))}
      </ul>
      {problem && (
        <p role="alert" className={styles.error}>
          {describeError(problem).detail}
        </p>
      )}
    </>
  );
}
