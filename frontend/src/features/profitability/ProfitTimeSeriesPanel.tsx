import { t } from "@lingui/core/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  PeriodPartsFragmentDoc,
  ProfitSeriesDocument,
  SeriesPartsFragmentDoc,
} from "../../gql/graphql.ts";
import { useEnumParam } from "../../state/location.ts";
import { ChartPanel } from "../shared/ChartPanel.tsx";
import { COST_METRICS, NO_COSTS } from "../shared/costCoverage.ts";
import { MetricPicker } from "../shared/MetricPicker.tsx";
import { useMetric } from "../shared/reporting.ts";
import { useSeriesModel } from "../shared/seriesModel.ts";
import { useGranularity } from "../shared/useCalendar.ts";
import { useViewVariables } from "../shared/viewVariables.ts";

const METRICS = ["MARGIN", "PROFIT", "DISCOUNT_RATE"] as const;
const HEIGHT = 280;

/** Margin, profit or discount rate over time. */
export function ProfitTimeSeriesPanel() {
  const [metric, setMetric] = useEnumParam("series", METRICS);
  const granularity = useGranularity();
  const query = usePanelQuery(ProfitSeriesDocument, {
    ...useViewVariables(),
    metrics: [metric],
    granularity,
  });
  const data = query.data?.profitability;
  const series = unmask(SeriesPartsFragmentDoc, data?.series);
  const period = unmask(PeriodPartsFragmentDoc, data?.period);
  const comparison = unmask(PeriodPartsFragmentDoc, data?.comparison) ?? undefined;
  return (
    <ChartPanel
      title={t`${useMetric()(metric).title} over time`}
      query={query}
      model={useSeriesModel(metric, series, period, comparison)}
      height={HEIGHT}
      of={data}
      emptyText={series && COST_METRICS.has(metric) ? NO_COSTS : undefined}
      tools={
        <MetricPicker name={t`Figure`} metrics={METRICS} value={metric} onChange={setMetric} />
      }
    />
  );
}
