import { useEffect } from "react";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  BreakdownPartsFragmentDoc,
  type Dimension,
  type MetricId,
  OverviewBreakdownDocument,
} from "../../gql/graphql.ts";
import { BreakdownPanel, PAGE_ROWS } from "../shared/BreakdownPanel.tsx";
import { useList } from "../shared/useList.ts";
import { useViewVariables } from "../shared/viewVariables.ts";
import { useDimension } from "./useDimension.ts";

interface BreakdownPanelProps {
  /** The query parameter that holds the dimension. */
  readonly param: string;
  readonly dimensions: readonly [Dimension, ...Dimension[]];
  readonly metric: MetricId;
}

/** The selected metric by one of several dimensions. */
export function OverviewBreakdownPanel({ param, dimensions, metric }: BreakdownPanelProps) {
  const view = useViewVariables();
  const { by, setBy, onCount } = useDimension(param, dimensions, view);
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
  const breakdown = unmask(BreakdownPartsFragmentDoc, query.data?.sales.breakdown);
  useEffect(() => {
    if (breakdown === undefined || query.isStale || list.search !== "") return;
    onCount(breakdown.dimension, breakdown.totalCount);
  });
  return (
    <BreakdownPanel
      by={by}
      dimensions={dimensions}
      onSelect={setBy}
      metric={metric}
      list={list}
      query={query}
      file={{ ...view, by, metrics: [metric] }}
      breakdown={breakdown}
    />
  );
}
