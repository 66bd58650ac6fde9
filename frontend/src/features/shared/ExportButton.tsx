import { useState } from "react";
import type { Column } from "../../ui/DataTable.tsx";
import { DownloadIcon } from "../../ui/icons.tsx";
import styles from "./ExportButton.module.css";
import { exportTable } from "./exportTable.ts";
import { useLeftOut } from "./LeftOutNote.tsx";
import { useFileNotes } from "./useFileNotes.ts";

interface ExportButtonProps<Row> {
  /** The file's name, without its ending. */
  readonly file: string;
  /** What the file holds, for the button's accessible name; the file's name by default. */
  readonly label?: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Loads all rows, where `rows` may be the first of more. */
  readonly loadRows?: (() => Promise<readonly Row[]>) | undefined;
  /** Saves the file in another way than from rows. */
  readonly onSave?: () => Promise<void>;
}

/** Saves a panel's rows with exact values as CSV. */
export function ExportButton<Row>(props: ExportButtonProps<Row>) {
  const { file, label = file, columns, rows, loadRows, onSave } = props;
  const leftOut = useLeftOut();
  const notes = useFileNotes();
  const [state, setState] = useState<"ready" | "loading" | "failed">("ready");

  async function save() {
    if (loadRows === undefined && onSave === undefined) {
      return exportTable(file, columns, rows, leftOut, notes());
    }
    setState("loading");
    try {
      if (onSave !== undefined) await onSave();
      else exportTable(file, columns, (await loadRows?.()) ?? rows, leftOut, notes());
      setState("ready");
    } catch {
      // Part of the rows would read as all of them.
      setState("failed");
    }
  }

  return (
    <button
      type="button"
      className={styles.button}
      title={state === "failed" ? "Not saved: some rows could not be loaded" : "Save as CSV"}
      aria-label={`Save ${label} as CSV${state === "failed" ? " (not saved, try again)" : ""}`}
      disabled={rows.length === 0 || state === "loading"}
      onClick={save}
    >
      <DownloadIcon />
    </button>
  );
}
