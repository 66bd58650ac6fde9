import { useRef } from "react";
import styles from "../shared/ExportButton.module.css";
import { type FilePeriod, useFileNotes } from "../shared/useFileNotes.ts";

interface ChartImageButtonProps {
  readonly title: string;
  /** Over what the points are; `undefined` before the first result. */
  readonly of: FilePeriod | undefined;
}

/** Saves the chart of the panel that the button is in as PNG; a table has no image. */
export function ChartImageButton({ title, of }: ChartImageButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  const notesOf = useFileNotes();
  async function save() {
    const chart = button.current?.closest("section")?.querySelector("canvas");
    if (of === undefined || chart == null) return;
    const { name, notes } = notesOf(title, of, "");
    const { imageLines, saveChart } = await import("./chartImage.ts");
    await saveChart(chart, name, imageLines(title, notes));
  }
  return (
    <button
      ref={button}
      type="button"
      className={styles.button}
      title="Save as PNG"
      aria-label={`Save ${title} as PNG`}
      disabled={of === undefined}
      onClick={() => void save()}
    >
      <svg
        viewBox="0 0 16 16"
        width="16"
        height="16"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        aria-hidden="true"
        focusable="false"
      >
        <rect x="2" y="3" width="12" height="10" rx="1.5" />
        <path d="M2.5 11l3.5-4 3 3 2-2 2.5 3" />
      </svg>
    </button>
  );
}
