import { t } from "@lingui/core/macro";
import { lazy, Suspense, useId } from "react";
import { type Column, DataTable } from "../ui/DataTable.tsx";
import styles from "./ChartFigure.module.css";
import {
  type ChartModel,
  type ChartSeries,
  cellText,
  incompleteness,
  pointTitle,
  tableRows,
  unpairedText,
} from "./model.ts";
import { summarize } from "./summary.ts";

/** With Chart.js, which is large. */
const ChartCanvas = lazy(() => import("./ChartCanvas.tsx"));

interface ChartFigureProps {
  readonly model: ChartModel;
  readonly label: string;
  readonly height: number;
  /** Shows a table instead of the canvas. */
  readonly asTable: boolean;
}

/** A chart with its legend and a summary in words, or the same data as a table. */
export function ChartFigure({ model, label, height, asTable }: ChartFigureProps) {
  const summary = useId();
  // The last one matters most: there the line seems to fall.
  const missing = model.titles
    .map((_, index) => incompleteness(model, index))
    .findLast((text) => text !== null);
  const left = unpairedText(model);
  return (
    <figure aria-label={label} aria-describedby={summary}>
      <div className={styles.legend}>
        {model.series.map((series) =>
          series.bound === "low" ? null : (
            <span key={series.id} className={styles.entry}>
              <Swatch series={series} kind={model.kind} />
              {series.bound ? series.definition : series.name}
            </span>
          ),
        )}
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
      </div>
      {asTable ? (
        <div className={styles.table} style={{ maxHeight: height }}>
          <DataTable
            caption={label}
            columns={chartColumns(model)}
            rows={tableRows(model)}
            rowKey={String}
          />
        </div>
      ) : (
        <Suspense fallback={<div data-loading style={{ height }} />}>
          <ChartCanvas model={model} label={label} height={height} />
        </Suspense>
      )}
      <Marks model={model} />
      {left !== null && <p className={styles.left}>{left}</p>}
      <figcaption id={summary} className="visually-hidden">
        {summarize(model)}
      </figcaption>
    </figure>
  );
}

/** What users noted of the points. */
function Marks({ model: { marks = [], areMarksListed } }: { readonly model: ChartModel }) {
  const texts = marks.filter((text) => text !== null);
  if (texts.length === 0 || areMarksListed) return null;
  return (
    <ul className={styles.left} aria-label={t`Annotations`}>
      {texts.map((text) => (
        <li key={text}>
          <span aria-hidden="true">▲</span> {text}
        </li>
      ))}
    </ul>
  );
}

interface SwatchProps {
  readonly series: ChartSeries;
  readonly kind: ChartModel["kind"];
}

/** The legend's mark of a series; its shape differs too, not only its colour. */
function Swatch({ series: { color, isBackground, isEstimate, bound }, kind }: SwatchProps) {
  const paint = `var(--series-${color})`;
  return (
    <svg width="22" height="10" aria-hidden="true" focusable="false">
      {bound ? (
        <rect width="22" height="10" rx="2" fill={paint} opacity="0.2" />
      ) : isEstimate ? (
        <line x1="0" y1="5" x2="22" y2="5" stroke={paint} strokeWidth="3" strokeDasharray="6 3" />
      ) : kind === "bar" ? (
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

/** The columns of a chart as a table, with one row for each index of a point. */
function chartColumns(model: ChartModel): readonly Column<number>[] {
  const { titles, unpaired } = model;
  const isDrawn = (index: number) => index < titles.length;
  const valueAt = (series: ChartSeries, index: number) => {
    if (isDrawn(index)) return series.values[index] ?? null;
    return series.id === unpaired?.series ? unpaired.values[index - titles.length] : null;
  };
  return [
    {
      id: "point",
      header: model.pointHeader ?? t`Period`,
      value: (index) =>
        isDrawn(index)
          ? pointTitle(model, index)
          : t`${unpaired?.titles[index - titles.length] ?? ""} (compared period only)`,
      // Formatted dates do not sort by time; the rows are in order already.
      isSortable: false,
    },
    ...model.series.map(
      (series): Column<number> => ({
        id: series.id,
        header: series.name,
        ...(series.definition && { definition: series.definition }),
        numeric: true,
        value: (index) => valueAt(series, index) ?? null,
        render: (index, among) => {
          const value = valueAt(series, index);
          const title = series.titles?.[index];
          return value == null ? null : (
            <span title={title ?? undefined}>{cellText(model, series, value, among)}</span>
          );
        },
      }),
    ),
  ];
}

/** The columns of a chart's file: those of the table, with the times of the points. */
export function chartFileColumns(model: ChartModel): readonly Column<number>[] {
  const [point, ...series] = chartColumns(model);
  if (point === undefined || model.starts === undefined) return chartColumns(model);
  const starts = [...model.starts, ...(model.unpaired?.starts ?? [])];
  return [
    point,
    { id: "start", header: t`Start`, value: (index) => starts[index] ?? null },
    ...series,
    ...(model.marks?.some((mark) => mark !== null)
      ? [
          {
            id: "mark",
            header: t`Annotation`,
            value: (index: number) => model.marks?.[index] ?? null,
          },
        ]
      : []),
  ];
}
