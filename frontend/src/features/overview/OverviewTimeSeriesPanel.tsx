import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  type MetricId,
  OverviewSeriesDocument,
  PeriodPartsFragmentDoc,
  SeriesPartsFragmentDoc,
} from "../../gql/graphql.ts";
import { TimeSeriesPanel } from "../shared/TimeSeriesPanel.tsx";
import { useGranularity } from "../shared/useCalendar.ts";
import { useViewVariables } from "../shared/viewVariables.ts";

const HEIGHT = 344;

/** The selected metric over time. */
export function OverviewTimeSeriesPanel({ metric }: { readonly metric: MetricId }) {
  const granularity = useGranularity();
  const query = usePanelQuery(OverviewSeriesDocument, {
    ...useViewVariables(),
    metrics: [metric],
    granularity,
  });
  return (
    <TimeSeriesPanel
      metric={metric}
      query={query}
      series={unmask(SeriesPartsFragmentDoc, query.data?.sales.series)}
      period={unmask(PeriodPartsFragmentDoc, query.data?.sales.period)}
      dates={query.data?.sales}
      height={HEIGHT}
    />
  );
}
