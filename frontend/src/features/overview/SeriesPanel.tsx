import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  type MetricId,
  OverviewSeriesDocument,
  PeriodPartsFragmentDoc,
  SeriesPartsFragmentDoc,
} from "../../gql/graphql.ts";
import { useView } from "../../state/useView.ts";
import { CoursePanel } from "../shared/CoursePanel.tsx";
import { useAreaVariables } from "../shared/variables.ts";

const HEIGHT = 344;

/** The chosen figure over time. */
export function SeriesPanel({ metric }: { readonly metric: MetricId }) {
  const [{ granularity }] = useView();
  const query = usePanelQuery(OverviewSeriesDocument, {
    ...useAreaVariables(),
    metrics: [metric],
    granularity,
  });
  return (
    <CoursePanel
      metric={metric}
      query={query}
      series={unmask(SeriesPartsFragmentDoc, query.data?.sales.series)}
      period={unmask(PeriodPartsFragmentDoc, query.data?.sales.period)}
      height={HEIGHT}
    />
  );
}
