import type { Column } from "../../ui/DataTable.tsx";
import { DownloadIcon } from "../../ui/icons.tsx";
import styles from "./ExportButton.module.css";
import { exportTable } from "./exportTable.ts";

interface ExportButtonProps<Row> {
  /** The file's name, without its ending. */
  readonly file: string;
  /** What the file holds, for the button's accessible name; the file's name by default. */
  readonly label?: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
}

/** Saves a panel's rows with exact values as CSV. */
export function ExportButton<Row>({ file, label = file, columns, rows }: ExportButtonProps<Row>) {
  return (
    <button
      type="button"
      className={styles.button}
      title="Save as CSV"
      aria-label={`Save ${label} as CSV`}
      disabled={rows.length === 0}
      onClick={() => exportTable(file, columns, rows)}
    >
      <DownloadIcon />
    </button>
  );
}
