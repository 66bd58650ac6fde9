import { t } from "@lingui/core/macro";
import { useState } from "react";
import type { ListFormat } from "../../api/saveExport.ts";
import type { Column } from "../../ui/DataTable.tsx";
import { DownloadIcon, SheetIcon } from "../../ui/icons.tsx";
import styles from "./ExportButton.module.css";
import { exportTable } from "./exportTable.ts";
import { type FilePeriod, useFileNotes } from "./useFileNotes.ts";

/** A file that the page writes. */
interface PageFile<Row> {
  /** Over what the rows are; `undefined` before the first result. */
  readonly of: FilePeriod | undefined;
  /** What the rows were searched for. */
  readonly search?: string;
  /** The currency of the amounts, or where it is; the reporting currency by default. */
  readonly amountsIn?: string;
  /** Loads all rows, where `rows` may be the first of more. */
  readonly loadRows?: () => Promise<readonly Row[]>;
}

/** A file that the server writes. */
interface ServerFile {
  readonly onSave: (format: ListFormat) => Promise<void>;
}

type ExportButtonProps<Row> = ButtonProps<Row> & (PageFile<Row> | ServerFile);

interface ButtonProps<Row> {
  /** The file's name, without its ending. */
  readonly file: string;
  /** What the file holds, for the button's accessible name; the file's name by default. */
  readonly label?: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
}

/** Saves a panel's rows with exact values as CSV; lists of the server also as a workbook. */
export function ExportButton<Row>(props: ExportButtonProps<Row>) {
  const { file, label = file, columns, rows } = props;
  const notesOf = useFileNotes();
  const [state, setState] = useState<"ready" | "loading" | "failed">("ready");

  async function save(format: ListFormat) {
    setState("loading");
    try {
      if ("onSave" in props) {
        await props.onSave(format);
      } else if (props.of !== undefined) {
        const { name, notes } = notesOf(file, { ...props, of: props.of });
        exportTable(name, columns, (await props.loadRows?.()) ?? rows, notes);
      }
      setState("ready");
    } catch {
      // Part of the rows would read as all of them.
      setState("failed");
    }
  }

  // The page writes text alone.
  const formats: readonly ListFormat[] = "onSave" in props ? ["csv", "xlsx"] : ["csv"];
  return formats.map((format) => {
    const name = format.toUpperCase();
    return (
      <button
        key={format}
        type="button"
        className={styles.button}
        title={
          state === "failed" ? t`Not saved: some rows could not be loaded` : t`Save as ${name}`
        }
        aria-label={
          t`Save ${label} as ${name}` + (state === "failed" ? ` (${t`not saved, try again`})` : "")
        }
        disabled={rows.length === 0 || state === "loading"}
        onClick={() => save(format)}
      >
        {format === "csv" ? <DownloadIcon /> : <SheetIcon />}
      </button>
    );
  });
}
