import { type ReactNode, useId } from "react";
import { type Column, DataTable } from "../ui/DataTable.tsx";
import { ChartCanvas } from "./ChartCanvas.tsx";
import styles from "./ChartFigure.module.css";
import { type ChartModel, type ChartSeries, incompleteness, pointTitle } from "./model.ts";
import { summarize } from "./summary.ts";

interface ChartFigureProps {
  readonly model: ChartModel;
  readonly label: string;
  readonly height: number;
  /** Show the numbers instead of the drawing. */
  readonly asTable: boolean;
  /** Said beneath the legend, such as which period is compared. */
  readonly note?: ReactNode;
}

/** A chart with its legend, and what it shows in words or as a table. */
export function ChartFigure({ model, label, height, asTable, note }: ChartFigureProps) {
  const summary = useId();
  // The last one matters most: it is where the line seems to fall.
  const missing = model.titles
    .map((_, index) => incompleteness(model, index))
    .findLast((text) => text !== null);
  return (
    <figure aria-label={label} aria-describedby={summary}>
      <div className={styles.legend}>
        {model.series.map((series) => (
          <span key={series.id} className={styles.entry}>
            <Swatch series={series} kind={model.kind} />
            {series.name}
          </span>
        ))}
        {missing !== undefined && (
          <span className={styles.entry}>
            <svg width="22" height="10" aria-hidden="true" focusable="false">
              <line
                x1="0"
                y1="5"
                x2="22"
                y2="5"
                stroke="var(--series-current)"
                strokeWidth="2.5"
                strokeDasharray="5 4"
              />
            </svg>
            {missing.charAt(0).toUpperCase() + missing.slice(1)}
          </span>
        )}
        {note && <span className={styles.note}>{note}</span>}
      </div>
      {asTable ? (
        <div className={styles.table} style={{ maxHeight: height }}>
          <DataTable
            caption={label}
            columns={chartColumns(model)}
            rows={model.titles.map((_, index) => index)}
            rowKey={String}
          />
        </div>
      ) : (
        <ChartCanvas model={model} label={label} height={height} />
      )}
      <figcaption id={summary} className="visually-hidden">
        {summarize(model)}
      </figcaption>
    </figure>
  );
}

interface SwatchProps {
  readonly series: ChartSeries;
  readonly kind: ChartModel["kind"];
}

/** How a series is drawn, small; shapes differ where colours might not. */
function Swatch({ series: { color, isBackground }, kind }: SwatchProps) {
  const paint = `var(--series-${color})`;
  return (
    <svg width="22" height="10" aria-hidden="true" focusable="false">
      {kind === "bar" ? (
        <rect x="6" width="10" height="10" rx="2" fill={paint} />
      ) : (
        <>
          <line x1="0" y1="5" x2="22" y2="5" stroke={paint} strokeWidth={isBackground ? 2 : 3} />
          {isBackground ? (
            <rect x="8" y="2" width="6" height="6" fill={paint} />
          ) : (
            <circle cx="11" cy="5" r="3.5" fill={paint} />
          )}
        </>
      )}
    </svg>
  );
}

/** A chart as a table: a row for each point, a column for each series. */
export function chartColumns(model: ChartModel): readonly Column<number>[] {
  return [
    {
      id: "point",
      header: "Period",
      value: (index) => model.titles[index] ?? "",
      render: (index) => pointTitle(model, index),
      // Dates as text do not sort by time; the rows already do.
      isSortable: false,
    },
    ...model.series.map(
      (series): Column<number> => ({
        id: series.id,
        header: series.name,
        numeric: true,
        value: (index) => series.values[index] ?? null,
        render: (index) => {
          const value = series.values[index];
          const title = series.titles?.[index];
          return value == null ? null : (
            <span title={title ?? undefined}>{model.exact(value)}</span>
          );
        },
      }),
    ),
  ];
}
