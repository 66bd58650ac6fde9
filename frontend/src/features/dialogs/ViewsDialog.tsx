import { useMutation } from "@apollo/client/react";
import { t } from "@lingui/core/macro";
import { type FormEvent, useState } from "react";
import { RemoveViewDocument, SaveViewDocument } from "../../gql/graphql.ts";
import { onHost } from "../../lib/basePath.ts";
import { currentPath, navigate } from "../../state/location.ts";
import { Dialog } from "../../ui/Dialog.tsx";
import { Skeleton } from "../../ui/Skeleton.tsx";
import { DialogHeader } from "./DialogHeader.tsx";
import type { DialogContentProps } from "./Dialogs.tsx";
import styles from "./NotesDialog.module.css";
import { NotesList } from "./NotesList.tsx";
import { TokenNeeded } from "./TokenNeeded.tsx";
import { NO_SNAPSHOT, useSavedViews } from "./useSavedViews.ts";

const MAX_NAME = 100;

/** Saves the view under a name, opens and removes saved ones. */
export function ViewsDialog({ onClose }: DialogContentProps) {
  const { views, isLoading, error, refetch, canKeep, canShare } = useSavedViews();
  const after = { context: NO_SNAPSHOT, onCompleted: () => void refetch() };
  const [save, saving] = useMutation(SaveViewDocument, after);
  const [remove, removing] = useMutation(RemoveViewDocument, after);
  const [name, setName] = useState("");
  const [isShared, setShared] = useState(false);
  const problem = error ?? saving.error ?? removing.error;

  function onSubmit(event: FormEvent) {
    event.preventDefault();
    const path = currentPath() + window.location.search;
    // `saving.error` reports a failure.
    save({ variables: { name, path, isShared } })
      .then(() => setName(""))
      .catch(() => undefined);
  }

  return (
    <Dialog name={t`Saved views`} onClose={onClose}>
      <DialogHeader title={t`Saved views`} onClose={onClose} />
      <div className={styles.body}>
        {isLoading && <Skeleton height={80} />}
        {!isLoading && views.length === 0 && (
          <p
            className={styles.hint}
          >{t`None yet. A view is this page with its range, comparison and filters.`}</p>
        )}
        <NotesList
          notes={views.map(({ id, name: title, path, isShared: isOfAll, isMine }) => ({
            id,
            name: title,
            isMine,
            content: (
              <>
                <a
                  href={onHost(path)}
                  onClick={(event) => {
                    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
                    event.preventDefault();
                    onClose();
                    navigate(path);
                  }}
                >
                  {title}
                </a>
                {isOfAll && <small>{t`shared`}</small>}
              </>
            ),
          }))}
          problem={problem}
          isRemoving={removing.loading}
          onRemove={(id) => void remove({ variables: { id } }).catch(() => undefined)}
        />
        {canKeep && (
          <form className={styles.form} onSubmit={onSubmit}>
            <label>
              {t`Save this page as`}
              <input
                required
                maxLength={MAX_NAME}
                value={name}
                onChange={({ target }) => setName(target.value)}
              />
            </label>
            {canShare && (
              <label className={styles.check}>
                <input
                  type="checkbox"
                  checked={isShared}
                  onChange={({ target }) => setShared(target.checked)}
                />
                {t`Everybody sees it`}
              </label>
            )}
            <button type="submit" disabled={saving.loading || name.trim() === ""}>{t`Save`}</button>
          </form>
        )}
        {!isLoading && !error && !canKeep && <TokenNeeded what={t`Saving a view`} />}
      </div>
    </Dialog>
  );
}
