import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  BreakdownPartsFragmentDoc,
  type Dimension,
  type MetricId,
  OverviewBreakdownDocument,
} from "../../gql/graphql.ts";
import { useChoice } from "../../state/location.ts";
import { DimensionPanel, FETCHED_ROWS } from "../shared/DimensionPanel.tsx";
import { useAreaVariables } from "../shared/variables.ts";

interface BreakdownPanelProps {
  /** The address's parameter that remembers the dimension. */
  readonly name: string;
  readonly dimensions: readonly [Dimension, ...Dimension[]];
  readonly metric: MetricId;
}

/** The chosen figure by one of several dimensions. */
export function BreakdownPanel({ name, dimensions, metric }: BreakdownPanelProps) {
  const [by, setBy] = useChoice(name, dimensions);
  const query = usePanelQuery(OverviewBreakdownDocument, {
    ...useAreaVariables(),
    by,
    metrics: [metric],
    orderBy: metric,
    direction: "DESC",
    first: FETCHED_ROWS,
  });
  return (
    <DimensionPanel
      by={by}
      dimensions={dimensions}
      onChoose={setBy}
      metric={metric}
      query={query}
      breakdown={unmask(BreakdownPartsFragmentDoc, query.data?.sales.breakdown)}
      filters
    />
  );
}
