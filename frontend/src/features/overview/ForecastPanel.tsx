import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMemo } from "react";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { type MetricId, OverviewForecastDocument } from "../../gql/graphql.ts";
import { formatBucketLong, todayIn } from "../../lib/dates.ts";
import { within } from "../../lib/locale.ts";
import { formatCompact, formatSigned, formatTile } from "../../lib/numberFormat.ts";
import { useView } from "../../state/useView.ts";
import { ChartPanel } from "../shared/ChartPanel.tsx";
import layout from "../shared/layout.module.css";
import { OrdersLink } from "../shared/OrdersLink.tsx";
import { type Metric, useMetric, useReporting } from "../shared/reporting.ts";
import { useAnnotations } from "../shared/useAnnotations.ts";
import { useViewVariables } from "../shared/viewVariables.ts";
import styles from "./ForecastPanel.module.css";
import { beyondText, type Forecast, forecastModel, headline, size } from "./forecast.ts";

const HEIGHT = 280;
type BackTest = NonNullable<Forecast["backTest"]>;

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
      title={t`Forecast of ${within(metricOf(asked).title)}`}
      subtitle={forecast ? headline(forecast, style) : null}
      query={query}
      model={model}
      height={HEIGHT}
      of={t`the last 8 weeks and the days ahead`}
      emptyText={forecast && lackText(forecast)}
      below={forecast && <Reasons forecast={forecast} metric={shown} zone={shownZone} />}
    />
  );
}

function lackText({ neededDays, knownDays }: Forecast): string {
  const needed = plural(neededDays / 7, {
    one: "A forecast needs # week of sales",
    other: "A forecast needs # weeks of sales",
  });
  return plural(knownDays, {
    one: `${needed}; there is # day before the end of the range.`,
    other: `${needed}; there are # days before the end of the range.`,
  });
}

interface ReasonsProps {
  readonly forecast: Forecast;
  readonly metric: Metric;
  readonly zone: string;
}

/** How good the forecast was before, and what explains the unusual days. */
function Reasons({ forecast: { backTest, unusual }, metric: { style }, zone }: ReasonsProps) {
  const annotations = useAnnotations();
  return (
    <>
      {backTest?.mase != null && <p className={layout.note}>{backTestText(backTest)}</p>}
      {unusual.length > 0 && (
        <ul className={styles.unusual} aria-label={t`Unusual days`}>
          {unusual.map(({ bucket, value, beyond, estimate, mover }) => {
            const day = todayIn(zone, new Date(bucket));
            const name = formatBucketLong(bucket, "DAY", zone);
            const was = formatTile(value, style);
            const distance = beyondText(beyond, style);
            const [low, high] = [estimate.low, estimate.high].map((bound) =>
              formatCompact(bound, style),
            );
            const notes = annotations
              .filter(({ from, to }) => from <= day && day <= to)
              .map(({ text }) => text)
              .join("; ");
            return (
              <li key={bucket}>
                <span aria-hidden="true">▲</span>{" "}
                <Trans>
                  <OrdersLink changes={{ range: { from: day, to: day } }}>{name}</OrdersLink>: {was}
                  , {distance} ({low} to {high}).
                </Trans>
                {notes !== "" && ` ${t`Noted: ${notes}.`}`}
                {mover &&
                  ` ${t`${mover.label} contributed most: ${formatSigned(mover.change, style)} against the same day a week before.`}`}
              </li>
            );
          })}
        </ul>
      )}
    </>
  );
}

function backTestText({ forecasts, days, mase, naiveMase }: BackTest): string {
  const each = plural(days, { one: "# day", other: "# days" });
  const [error, naiveError] = [size(mase), size(naiveMase)];
  return plural(forecasts, {
    one: `How good it was before: # forecast of the past, of ${each} and made without knowing them, was off by ${error} of the usual difference from a week before; repeating the last week’s values was off by ${naiveError} of it. It carries on the trend and the pattern of the week (Theta method; the error is the MASE).`,
    other: `How good it was before: # forecasts of the past, each of ${each} and made without knowing them, were off by ${error} of the usual difference from a week before; repeating the last week’s values was off by ${naiveError} of it. It carries on the trend and the pattern of the week (Theta method; the error is the MASE).`,
  });
}
