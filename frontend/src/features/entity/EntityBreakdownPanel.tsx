import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  BreakdownPartsFragmentDoc,
  type Dimension,
  EntityBreakdownDocument,
  EntityBreakdownFragmentDoc,
  type MetricId,
} from "../../gql/graphql.ts";
import { useChoice } from "../../state/location.ts";
import { DimensionPanel, FETCHED_ROWS } from "../shared/DimensionPanel.tsx";
import { salesOf, useEntityVariables } from "./sales.ts";

interface EntityBreakdownPanelProps {
  readonly id: string;
  readonly dimensions: readonly [Dimension, ...Dimension[]];
  readonly metric: MetricId;
}

/** Where a figure of one member comes from. */
export function EntityBreakdownPanel({ id, dimensions, metric }: EntityBreakdownPanelProps) {
  const [by, setBy] = useChoice("of", dimensions);
  const query = usePanelQuery(EntityBreakdownDocument, {
    id,
    ...useEntityVariables(),
    by,
    metrics: [metric],
    orderBy: metric,
    first: FETCHED_ROWS,
  });
  const sales = unmask(EntityBreakdownFragmentDoc, salesOf(query.data?.node));
  return (
    <DimensionPanel
      by={by}
      dimensions={dimensions}
      onChoose={setBy}
      metric={metric}
      query={query}
      breakdown={unmask(BreakdownPartsFragmentDoc, sales?.breakdown)}
      filters={false}
    />
  );
}
