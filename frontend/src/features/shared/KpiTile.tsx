import { useEffect, useRef, useState } from "react";
import { Sparkline } from "../../charts/Sparkline.tsx";
import { type FragmentType, unmask } from "../../gql/fragment-masking.ts";
import { FigurePartsFragmentDoc, type MetricId } from "../../gql/graphql.ts";
import { type Decimal, formatExact, formatTile } from "../../lib/number.ts";
import { DeltaBadge } from "./DeltaBadge.tsx";
import styles from "./KpiTile.module.css";
import { useMetricStyle, useReporting } from "./reporting.ts";

interface Course {
  readonly values: readonly (Decimal | null)[];
  readonly unfinishedFrom: number | null;
}

interface KpiTileProps {
  readonly metric: MetricId;
  readonly figure: FragmentType<typeof FigurePartsFragmentDoc>;
  /** Its course over time; `null` while that is on its way: its room is kept free. */
  readonly course?: Course | null | undefined;
  /** Makes the tile a button that chooses its metric. */
  readonly choice?: { readonly isChosen: boolean; readonly onChoose: () => void };
}

/** One figure: its value, the change, the value before and its course. */
export function KpiTile({ metric, figure: masked, course, choice }: KpiTileProps) {
  const figure = unmask(FigurePartsFragmentDoc, masked);
  const style = useMetricStyle()(metric);
  const info = useReporting().metrics.get(metric);
  const justChanged = useJustChanged(figure.value);
  const text = figure.value === null ? "–" : formatTile(figure.value, style);
  const content = (
    <>
      <span className={styles.title}>{info?.title ?? metric}</span>
      <span
        className={styles.value}
        data-changed={justChanged}
        data-metric={metric}
        title={figure.value === null ? undefined : formatExact(figure.value, style)}
        style={{ "--chars": text.length }}
      >
        {text}
      </span>
      <span className={styles.change}>
        <DeltaBadge delta={figure.delta} style={style} />
        {figure.previous !== null && (
          <span className={styles.previous} title={formatExact(figure.previous, style)}>
            <span className="visually-hidden">before: </span>
            {formatTile(figure.previous, style)}
          </span>
        )}
      </span>
      {course !== undefined && (
        <span className={styles.course}>{course && <Sparkline {...course} />}</span>
      )}
    </>
  );
  if (choice === undefined) {
    return (
      <div className={styles.tile} title={info?.definition}>
        {content}
      </div>
    );
  }
  return (
    <button
      type="button"
      className={styles.tile}
      aria-pressed={choice.isChosen}
      title={info?.definition}
      onClick={choice.onChoose}
    >
      {content}
    </button>
  );
}

interface KpiTilesSkeletonProps {
  readonly metrics: readonly MetricId[];
  readonly hasCourse?: boolean;
}

/** Tiles before their figures: as high as those, however the page wraps them. */
export function KpiTilesSkeleton({ metrics, hasCourse = false }: KpiTilesSkeletonProps) {
  const info = useReporting().metrics;
  return metrics.map((metric) => (
    <div key={metric} className={styles.tile}>
      <span className={styles.title}>{info.get(metric)?.title ?? metric}</span>
      <span className={styles.value} data-waiting="true" />
      <span className={styles.change} />
      {hasCourse && <span className={styles.course} />}
    </div>
  ));
}

const HIGHLIGHT_MS = 1_600;

/** Whether the value changed a moment ago under the reader's eyes. */
export function useJustChanged(value: Decimal | null): boolean {
  const before = useRef(value);
  const [changed, setChanged] = useState(false);
  useEffect(() => {
    if (before.current === value) return;
    before.current = value;
    setChanged(true);
    const timer = setTimeout(() => setChanged(false), HIGHLIGHT_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return changed;
}
