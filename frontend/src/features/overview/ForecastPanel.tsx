import { useMemo } from "react";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { type MetricId, OverviewForecastDocument } from "../../gql/graphql.ts";
import { formatBucketLong, todayIn } from "../../lib/dates.ts";
import { formatCompact, formatSigned, formatTile } from "../../lib/numberFormat.ts";
import { useView } from "../../state/useView.ts";
import { ChartPanel } from "../shared/ChartPanel.tsx";
import layout from "../shared/layout.module.css";
import { OrdersLink } from "../shared/OrdersLink.tsx";
import { type Metric, useMetric, useReporting } from "../shared/reporting.ts";
import { useViewVariables } from "../shared/viewVariables.ts";
import styles from "./ForecastPanel.module.css";
import { beyondText, type Forecast, forecastModel, headline, size } from "./forecast.ts";

const HEIGHT = 280;
const METRICS: readonly MetricId[] = ["REVENUE", "ORDERS", "UNITS"];

/** What is expected of the next weeks, where that was better than repeating the last week. */
export function ForecastPanel({ metric }: { readonly metric: MetricId }) {
  const { period, zone, filters } = useViewVariables();
  const [view] = useView();
  const { zone: shownZone } = useReporting();
  const metricOf = useMetric();
  const asked = METRICS.includes(metric) ? metric : "REVENUE";
  const query = usePanelQuery(OverviewForecastDocument, {
    period,
    zone,
    filters,
    metric: asked,
    // One product alone explains nothing of itself.
    explainedBy: view.filters.product.length === 1 ? "CUSTOMER" : "PRODUCT",
  });
  const forecast = query.data?.sales.forecast;
  const shown = metricOf(forecast?.metric ?? asked);
  const { title, definition, style } = shown;
  const { unit, currency } = style;
  const model = useMemo(
    () =>
      forecast && forecast.state !== "TOO_SHORT"
        ? forecastModel(forecast, { title, definition, style: { unit, currency } }, shownZone)
        : null,
    [forecast, title, definition, unit, currency, shownZone],
  );
  return (
    <ChartPanel
      title={`Forecast of ${metricOf(asked).title.toLowerCase()}`}
      subtitle={forecast ? headline(forecast, style) : null}
      query={query}
      model={model}
      height={HEIGHT}
      of="the last 8 weeks and the days ahead"
      emptyText={
        forecast &&
        `A forecast needs ${forecast.neededDays / 7} weeks of sales; there are ${forecast.knownDays} days before the end of the range.`
      }
      below={forecast && <Reasons forecast={forecast} metric={shown} zone={shownZone} />}
    />
  );
}

interface ReasonsProps {
  readonly forecast: Forecast;
  readonly metric: Metric;
  readonly zone: string;
}

/** How good the forecast was before, and what explains the unusual days. */
function Reasons({ forecast: { backTest, unusual }, metric: { style }, zone }: ReasonsProps) {
  return (
    <>
      {backTest?.mase != null && (
        <p className={layout.note}>
          Theta method with a weekly pattern. {backTest.forecasts} forecasts of the past, each of{" "}
          {backTest.days} days and made without knowing them, were off by {size(backTest.mase)} of
          the usual difference from a week before; repeating the last week’s values was off by{" "}
          {size(backTest.naiveMase)} of it.
        </p>
      )}
      {unusual.length > 0 && (
        <ul className={styles.unusual} aria-label="Unusual days">
          {unusual.map(({ bucket, value, beyond, estimate, mover }) => {
            const day = todayIn(zone, new Date(bucket));
            return (
              <li key={bucket}>
                <span aria-hidden="true">▲</span>{" "}
                <OrdersLink changes={{ range: { from: day, to: day } }}>
                  {formatBucketLong(bucket, "DAY", zone)}
                </OrdersLink>
                : {formatTile(value, style)}, {beyondText(beyond, style)} (
                {formatCompact(estimate.low, style)} to {formatCompact(estimate.high, style)}).
                {mover &&
                  ` ${mover.label} contributed most: ${formatSigned(mover.change, style)} against the same day a week before.`}
              </li>
            );
          })}
        </ul>
      )}
    </>
  );
}
