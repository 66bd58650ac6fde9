import { t } from "@lingui/core/macro";
import { useRef } from "react";
import type { ChartModel } from "../../charts/model.ts";
import type { ScatterModel } from "../../charts/scatter.ts";
import { Icon } from "../../ui/icons.tsx";
import styles from "../shared/ExportButton.module.css";
import { type FilePeriod, useFileNotes } from "../shared/useFileNotes.ts";

interface ChartImageButtonProps {
  readonly title: string;
  /** Over what the points are; `undefined` before the first result. */
  readonly of: FilePeriod | undefined;
  /** What is drawn; `null` before the first result. */
  readonly model: ChartModel | ScatterModel | null;
}

/** Saves the chart of the panel that the buttons are in as PNG or SVG; a table has no image. */
export function ChartImageButton({ title, of, model }: ChartImageButtonProps) {
  const buttons = useRef<HTMLSpanElement>(null);
  const notesOf = useFileNotes();
  async function save(format: "PNG" | "SVG") {
    const chart = buttons.current?.closest("section")?.querySelector("canvas, svg[data-chart]");
    if (of === undefined || model === null || chart == null) return;
    const { name, notes } = notesOf(title, { of });
    const { imageLines, saveChart } = await import("./chartImage.ts");
    const lines = imageLines(title, notes);
    if (format === "PNG" && chart instanceof HTMLCanvasElement) {
      return saveChart(chart, name, lines);
    }
    const { saveSvg, saveSvgAsPng } = await import("./svgFile.ts");
    await (format === "PNG" ? saveSvgAsPng : saveSvg)(model, chart, name, lines);
  }
  return (
    <span ref={buttons} className={styles.group}>
      {(["PNG", "SVG"] as const).map((format) => (
        <button
          key={format}
          type="button"
          className={styles.button}
          title={t`Save as ${format}`}
          aria-label={t`Save ${title} as ${format}`}
          disabled={of === undefined || model === null}
          onClick={() => void save(format)}
        >
          {format === "PNG" ? <PictureIcon /> : <VectorIcon />}
        </button>
      ))}
    </span>
  );
}

function PictureIcon() {
  return (
    <Icon>
      <rect x="2" y="3" width="12" height="10" rx="1.5" />
      <path d="M2.5 11l3.5-4 3 3 2-2 2.5 3" />
    </Icon>
  );
}

function VectorIcon() {
  return (
    <Icon>
      <path d="M3 12C5 4 11 12 13 4M1.5 10.5h3v3h-3zM11.5 2.5h3v3h-3z" />
    </Icon>
  );
}
