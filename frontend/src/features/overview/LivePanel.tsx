import { t } from "@lingui/core/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { type FragmentType, unmask } from "../../gql/fragment-masking.ts";
import {
  FigurePartsFragmentDoc,
  type MetricId,
  OverviewLiveDocument,
  PeriodPartsFragmentDoc,
} from "../../gql/graphql.ts";
import { formatClock, formatDay, formatSpan, type Instant } from "../../lib/dates.ts";
import { formatExact, formatTile } from "../../lib/numberFormat.ts";
import { DeltaBadge } from "../shared/DeltaBadge.tsx";
import { LIVE_INTERVAL_MS } from "../shared/liveInterval.ts";
import { NBSP, Panel } from "../shared/Panel.tsx";
import { useMetric, useReporting } from "../shared/reporting.ts";
import { useJustChanged } from "../shared/useJustChanged.ts";
import { useViewVariables } from "../shared/viewVariables.ts";
import styles from "./LivePanel.module.css";

const METRICS: MetricId[] = ["REVENUE", "ORDERS", "AVERAGE_ORDER_VALUE", "CUSTOMERS", "UNITS"];

/** Today so far against the same hours of an earlier day, independent of the range. */
export function LivePanel() {
  const { zone, filters, comparison: viewComparison } = useViewVariables();
  // Custom dates belong to the view's range; `null` compares today with the API's default.
  const comparison = viewComparison?.mode === "YEAR_OVER_YEAR" ? viewComparison : null;
  const query = usePanelQuery(
    OverviewLiveDocument,
    { zone, filters, comparison, metrics: METRICS },
    { pollInterval: LIVE_INTERVAL_MS },
  );
  const { zone: shownZone, sales } = useReporting();
  return (
    <Panel
      title={t`Today so far`}
      query={query}
      height={280}
      empty={({ sales: { live } }) => {
        const { from } = unmask(PeriodPartsFragmentDoc, live.comparison);
        const ended = live.lastOrderAt === null || Date.parse(live.lastOrderAt) < Date.parse(from);
        // Returns are booked without an order.
        const isShown = live.figures.some((masked) => {
          const { value, previous } = unmask(FigurePartsFragmentDoc, masked);
          return Number(value) !== 0 || Number(previous) !== 0;
        });
        // Zeros beside zeros of an earlier day would look like a shop that stands still.
        return ended && !isShown && sales
          ? t`Sales run from ${formatSpan(sales, shownZone)}.`
          : null;
      }}
      skeleton={
        <dl className={styles.figures}>
          {METRICS.map((metric) => (
            <LiveFigure key={metric} metric={metric} figure={null} day="" />
          ))}
        </dl>
      }
      subtitle={query.data ? lastOrderText(query.data.sales.live.lastOrderAt, shownZone) : null}
    >
      {({ sales: { live } }) => {
        const { from, zone: dayZone } = unmask(PeriodPartsFragmentDoc, live.comparison);
        const day = formatDay(from, dayZone);
        return (
          <dl className={styles.figures}>
            {METRICS.map((metric, index) => {
              const figure = live.figures[index];
              return (
                figure && <LiveFigure key={metric} metric={metric} figure={figure} day={day} />
              );
            })}
          </dl>
        );
      }}
    </Panel>
  );
}

function lastOrderText(at: Instant | null, zone: string): string {
  if (at === null) return t`No order yet`;
  return t`Last order ${formatDay(at, zone)}, ${formatClock(at, zone)}`;
}

interface LiveFigureProps {
  readonly metric: MetricId;
  /** `null` before the first result, which keeps the space free. */
  readonly figure: FragmentType<typeof FigurePartsFragmentDoc> | null;
  /** The day whose same hours it is compared with. */
  readonly day: string;
}

function LiveFigure({ metric, figure: masked, day }: LiveFigureProps) {
  const figure = unmask(FigurePartsFragmentDoc, masked);
  const { title, style } = useMetric()(metric);
  const value = figure?.value ?? null;
  const changed = useJustChanged(value);
  const previous = figure?.previous ?? null;
  return (
    <div className={styles.figure}>
      <dt>{title}</dt>
      <dd>
        <span
          className={styles.value}
          data-changed={changed}
          title={value === null ? undefined : formatExact(value, style)}
        >
          {figure === null ? NBSP : value === null ? "–" : formatTile(value, style)}
        </span>
        {figure && <DeltaBadge delta={figure.delta} style={style} isOfView={false} />}
      </dd>
      <dd className={styles.previous}>
        {previous === null ? NBSP : t`same hours of ${day}: ${formatTile(previous, style)}`}
      </dd>
    </div>
  );
}
