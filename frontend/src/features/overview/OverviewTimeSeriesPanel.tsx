import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  type MetricId,
  OverviewSeriesDocument,
  PeriodPartsFragmentDoc,
  SeriesPartsFragmentDoc,
} from "../../gql/graphql.ts";
import { useView } from "../../state/useView.ts";
import { TimeSeriesPanel } from "../shared/TimeSeriesPanel.tsx";
import { useViewVariables } from "../shared/viewVariables.ts";

const HEIGHT = 344;

/** The selected metric over time. */
export function OverviewTimeSeriesPanel({ metric }: { readonly metric: MetricId }) {
  const [{ granularity }] = useView();
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
      height={HEIGHT}
    />
  );
}
