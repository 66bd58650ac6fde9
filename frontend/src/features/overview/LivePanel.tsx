import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { type FragmentType, unmask } from "../../gql/fragment-masking.ts";
import { FigurePartsFragmentDoc, type MetricId, OverviewLiveDocument } from "../../gql/graphql.ts";
import { formatClock, formatDay, type Instant } from "../../lib/dates.ts";
import { formatExact, formatTile } from "../../lib/number.ts";
import { DeltaBadge } from "../shared/DeltaBadge.tsx";
import { useJustChanged } from "../shared/KpiTile.tsx";
import { NBSP, Panel } from "../shared/Panel.tsx";
import { useMetricStyle, useMetricTitle, useReporting } from "../shared/reporting.ts";
import { useAreaVariables } from "../shared/variables.ts";
import { LIVE_INTERVAL_MS } from "../shell/live.ts";
import styles from "./LivePanel.module.css";

const METRICS: MetricId[] = ["REVENUE", "ORDERS", "AVERAGE_ORDER_VALUE", "CUSTOMERS", "UNITS"];

/** Today so far against the same hours before, whatever range the page shows. */
export function LivePanel() {
  const { zone, filters, comparison: chosen } = useAreaVariables();
  // Today always has something to be compared with; dates of one's own suit the range alone.
  const comparison = chosen?.mode === "YEAR_OVER_YEAR" ? chosen : null;
  const query = usePanelQuery(
    OverviewLiveDocument,
    { zone, filters, comparison, metrics: METRICS },
    { liveEvery: LIVE_INTERVAL_MS },
  );
  const shownZone = useReporting().zone;
  return (
    <Panel
      title="Today so far"
      query={query}
      height={280}
      skeleton={
        <dl className={styles.figures}>
          {METRICS.map((metric) => (
            <LiveFigure key={metric} metric={metric} figure={null} />
          ))}
        </dl>
      }
      subtitle={query.data ? lastOrderText(query.data.sales.live.lastOrderAt, shownZone) : null}
    >
      {({ sales: { live } }) => (
        <dl className={styles.figures}>
          {METRICS.map((metric, index) => {
            const figure = live.figures[index];
            return figure && <LiveFigure key={metric} metric={metric} figure={figure} />;
          })}
        </dl>
      )}
    </Panel>
  );
}

function lastOrderText(at: Instant | null, zone: string): string {
  if (at === null) return "No order in the last 30 days";
  return `Last order ${formatDay(at, zone)}, ${formatClock(at, zone)}`;
}

interface LiveFigureProps {
  readonly metric: MetricId;
  /** `null` before the first answer: the room is kept free. */
  readonly figure: FragmentType<typeof FigurePartsFragmentDoc> | null;
}

function LiveFigure({ metric, figure: masked }: LiveFigureProps) {
  const figure = unmask(FigurePartsFragmentDoc, masked);
  const style = useMetricStyle()(metric);
  const value = figure?.value ?? null;
  const changed = useJustChanged(value);
  const previous = figure?.previous ?? null;
  return (
    <div className={styles.figure}>
      <dt>{useMetricTitle()(metric)}</dt>
      <dd>
        <span
          className={styles.value}
          data-changed={changed}
          title={value === null ? undefined : formatExact(value, style)}
        >
          {figure === null ? NBSP : value === null ? "–" : formatTile(value, style)}
        </span>
        {figure && <DeltaBadge delta={figure.delta} style={style} />}
      </dd>
      <dd className={styles.previous}>
        {previous === null ? NBSP : `same hours before: ${formatTile(previous, style)}`}
      </dd>
    </div>
  );
}
