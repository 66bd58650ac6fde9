import { ChartIcon, DownloadIcon, TableIcon } from "../../ui/icons.tsx";
import { Segmented } from "../../ui/Segmented.tsx";
import styles from "./ChartTools.module.css";

interface TableToggleProps {
  readonly asTable: boolean;
  readonly onChange: (asTable: boolean) => void;
}

/** Drawing or table. */
export function TableToggle({ asTable, onChange }: TableToggleProps) {
  return (
    <Segmented
      name="Show as"
      value={asTable ? "table" : "chart"}
      onChange={(value) => onChange(value === "table")}
      options={[
        {
          value: "chart",
          title: "Show the chart",
          label: (
            <>
              <ChartIcon />
              <span className="visually-hidden">Chart</span>
            </>
          ),
        },
        {
          value: "table",
          title: "Show the numbers",
          label: (
            <>
              <TableIcon />
              <span className="visually-hidden">Table</span>
            </>
          ),
        },
      ]}
    />
  );
}

interface ExportButtonProps {
  /** What is saved, for the button's name. */
  readonly what: string;
  readonly onExport: () => void;
  readonly isDisabled?: boolean;
}

/** Saves what a panel shows, with exact values, as a file that spreadsheets open. */
export function ExportButton({ what, onExport, isDisabled = false }: ExportButtonProps) {
  return (
    <button
      type="button"
      className={styles.button}
      title="Save as CSV"
      aria-label={`Save ${what} as CSV`}
      disabled={isDisabled}
      onClick={onExport}
    >
      <DownloadIcon />
    </button>
  );
}
