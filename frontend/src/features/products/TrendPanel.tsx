import { t } from "@lingui/core/macro";
import { useMemo } from "react";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import type { ChartModel } from "../../charts/model.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  PeriodPartsFragmentDoc,
  ProductTrendDocument,
  type ProductTrendQuery,
} from "../../gql/graphql.ts";
import { formatCompact, formatExact, type NumberStyle } from "../../lib/numberFormat.ts";
import { useEnumParam } from "../../state/location.ts";
import { ChartPanel } from "../shared/ChartPanel.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { MetricPicker } from "../shared/MetricPicker.tsx";
import { useMetric } from "../shared/reporting.ts";
import { bucketNames, truncatedBuckets } from "../shared/seriesModel.ts";
import { useGranularity } from "../shared/useCalendar.ts";
import { useViewVariables } from "../shared/viewVariables.ts";

const METRICS = ["REVENUE", "PROFIT", "UNITS"] as const;
/** In order of decreasing contrast. */
const COLORS = ["current", "3", "4", "5", "previous"] as const;
const HEIGHT = 300;
const TITLE = t`The best five over time`;

/** The five highest-ranked products over time. */
export function TrendPanel() {
  const [metric, setMetric] = useEnumParam("trend", METRICS);
  const granularity = useGranularity();
  const { period, zone, filters } = useViewVariables();
  const query = usePanelQuery(ProductTrendDocument, {
    period,
    comparison: null,
    zone,
    filters,
    metric,
    granularity,
  });
  const { unit, currency } = useMetric()(query.data?.products.trend.metric ?? metric).style;
  const model = useMemo(
    () => (query.data ? trendModel(query.data, { unit, currency }) : null),
    [query.data, unit, currency],
  );
  return (
    <ChartPanel
      title={TITLE}
      query={query}
      model={model}
      height={HEIGHT}
      of={query.data?.products}
      emptyText={<EmptyRange what={t`No product was sold`} />}
      tools={
        <MetricPicker name={t`Figure`} metrics={METRICS} value={metric} onChange={setMetric} />
      }
    />
  );
}

function trendModel({ products }: ProductTrendQuery, style: NumberStyle): ChartModel {
  const { trend } = products;
  const period = unmask(PeriodPartsFragmentDoc, products.period);
  return {
    kind: "line",
    ...bucketNames(trend, { start: period.from, end: period.to }, period.zone),
    series: trend.lines.map(({ product, current }, index) => ({
      id: product.id,
      name: product.name,
      color: COLORS[index % COLORS.length] ?? "current",
      values: current,
    })),
    unfinishedFrom: trend.partialFrom,
    truncated: truncatedBuckets(trend),
    exact: (value) => formatExact(value, style),
    compact: (value) => formatCompact(value, style),
  };
}
