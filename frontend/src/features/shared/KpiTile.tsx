import { t } from "@lingui/core/macro";
import { Sparkline, type SparklineProps } from "../../charts/Sparkline.tsx";
import { type FragmentType, unmask } from "../../gql/fragment-masking.ts";
import { FigurePartsFragmentDoc, type MetricId } from "../../gql/graphql.ts";
import { formatExact, formatTile } from "../../lib/numberFormat.ts";
import { COST_METRICS } from "./costCoverage.ts";
import { DeltaBadge } from "./DeltaBadge.tsx";
import { figureOf } from "./figureOf.ts";
import styles from "./KpiTile.module.css";
import { useMetric, useReporting } from "./reporting.ts";
import { useJustChanged } from "./useJustChanged.ts";

interface TileSelection {
  readonly isSelected: boolean;
  readonly onSelect: () => void;
}

interface KpiTileProps {
  readonly metric: MetricId;
  readonly figure: FragmentType<typeof FigurePartsFragmentDoc>;
  /** The metric over time; `null` while it is loading, which keeps its space free. */
  readonly sparkline?: SparklineProps | null | undefined;
  /** Whether the sales have no known cost, so that there is no profit or margin. */
  readonly isCostUnknown?: boolean;
  /** Makes the tile a button that selects its metric. */
  readonly selection?: TileSelection | undefined;
}

/** A key figure: its value, the change, the value before and a sparkline. */
export function KpiTile(props: KpiTileProps) {
  const { metric, figure: masked, sparkline, isCostUnknown = false, selection } = props;
  const figure = unmask(FigurePartsFragmentDoc, masked);
  const { title, style } = useMetric()(metric);
  const definition = useReporting().metrics.get(metric)?.definition;
  const justChanged = useJustChanged(figure.value);
  const text = figure.value === null ? "–" : formatTile(figure.value, style);
  const content = (
    <>
      <span className={styles.title}>{title}</span>
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
        {figure.value === null && isCostUnknown ? (
          <span className={styles.previous}>{t`No costs known`}</span>
        ) : (
          <DeltaBadge delta={figure.delta} style={style} />
        )}
        {figure.previous !== null && (
          <span className={styles.previous} title={formatExact(figure.previous, style)}>
            <span className="visually-hidden">{t`before: `}</span>
            {formatTile(figure.previous, style)}
          </span>
        )}
      </span>
      {sparkline !== undefined && (
        <span className={styles.sparkline}>{sparkline && <Sparkline {...sparkline} />}</span>
      )}
    </>
  );
  if (selection === undefined) {
    return (
      <div className={styles.tile} title={definition}>
        {content}
      </div>
    );
  }
  return (
    <button
      type="button"
      className={styles.tile}
      aria-pressed={selection.isSelected}
      title={definition}
      onClick={selection.onSelect}
    >
      {content}
    </button>
  );
}

interface KpiTilesProps<Metric extends MetricId> {
  readonly metrics: readonly Metric[];
  /** In the order of `metrics`. */
  readonly figures: readonly KpiTileProps["figure"][];
  readonly sparkline?: (metric: Metric) => KpiTileProps["sparkline"];
  readonly selected?: Metric;
  /** Makes each tile a button. */
  readonly onSelect?: (metric: Metric) => void;
}

/** A tile for each metric. */
export function KpiTiles<Metric extends MetricId>(props: KpiTilesProps<Metric>) {
  const { metrics, figures, sparkline, selected, onSelect } = props;
  const isCostUnknown = figureOf(figures, "PROFIT")?.value === null;
  return metrics.map((metric, index) => {
    const figure = figures[index];
    return (
      figure && (
        <KpiTile
          key={metric}
          metric={metric}
          figure={figure}
          sparkline={sparkline?.(metric)}
          isCostUnknown={isCostUnknown && COST_METRICS.has(metric)}
          selection={
            onSelect && { isSelected: metric === selected, onSelect: () => onSelect(metric) }
          }
        />
      )
    );
  });
}

interface KpiTilesSkeletonProps {
  readonly metrics: readonly MetricId[];
  readonly hasSparkline?: boolean;
}

/** Tiles before the first result, as high as those after it. */
export function KpiTilesSkeleton({ metrics, hasSparkline = false }: KpiTilesSkeletonProps) {
  const metricOf = useMetric();
  return metrics.map((metric) => (
    <div key={metric} className={styles.tile}>
      <span className={styles.title}>{metricOf(metric).title}</span>
      <span className={styles.value} data-waiting="true" />
      <span className={styles.change} />
      {hasSparkline && <span className={styles.sparkline} />}
    </div>
  ));
}
