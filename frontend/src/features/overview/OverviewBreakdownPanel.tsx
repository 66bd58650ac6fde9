import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  BreakdownPartsFragmentDoc,
  type Dimension,
  type MetricId,
  OverviewBreakdownDocument,
} from "../../gql/graphql.ts";
import { useEnumParam } from "../../state/location.ts";
import { BreakdownPanel, PAGE_ROWS } from "../shared/BreakdownPanel.tsx";
import { useList } from "../shared/useList.ts";
import { useViewVariables } from "../shared/viewVariables.ts";

interface BreakdownPanelProps {
  /** The query parameter that holds the dimension. */
  readonly param: string;
  readonly dimensions: readonly [Dimension, ...Dimension[]];
  readonly metric: MetricId;
}

/** The selected metric by one of several dimensions. */
export function OverviewBreakdownPanel({ param, dimensions, metric }: BreakdownPanelProps) {
  const [by, setBy] = useEnumParam(param, dimensions);
  const view = useViewVariables();
  const list = useList({
    param: param,
    metric: metric,
    pageSize: PAGE_ROWS,
    of: [view, by],
  });
  const variables = {
    ...view,
    ...list.variables,
    by,
    metrics: [metric],
  };
  const query = usePanelQuery(OverviewBreakdownDocument, variables);
  return (
    <BreakdownPanel
      by={by}
      dimensions={dimensions}
      onSelect={setBy}
      metric={metric}
      list={list}
      query={query}
      file={{ ...view, by, metrics: [metric] }}
      breakdown={unmask(BreakdownPartsFragmentDoc, query.data?.sales.breakdown)}
    />
  );
}
