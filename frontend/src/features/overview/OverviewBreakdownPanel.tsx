import { useAllRows } from "../../api/useAllRows.ts";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  BreakdownPartsFragmentDoc,
  type Dimension,
  type MetricId,
  OverviewBreakdownDocument,
} from "../../gql/graphql.ts";
import { useEnumParam } from "../../state/location.ts";
import { BreakdownPanel, FETCHED_ROWS } from "../shared/BreakdownPanel.tsx";
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
  const variables = {
    ...useViewVariables(),
    by,
    metrics: [metric],
    orderBy: metric,
    direction: "DESC" as const,
    first: FETCHED_ROWS,
  };
  const query = usePanelQuery(OverviewBreakdownDocument, variables);
  const loadRows = useAllRows(OverviewBreakdownDocument, variables, (data) =>
    unmask(BreakdownPartsFragmentDoc, data.sales.breakdown),
  );
  return (
    <BreakdownPanel
      by={by}
      dimensions={dimensions}
      onSelect={setBy}
      metric={metric}
      query={query}
      loadRows={loadRows}
      breakdown={unmask(BreakdownPartsFragmentDoc, query.data?.sales.breakdown)}
      canFilter
    />
  );
}
