import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  BreakdownPartsFragmentDoc,
  type Dimension,
  EntityBreakdownDocument,
  EntityBreakdownFragmentDoc,
  type MetricId,
} from "../../gql/graphql.ts";
import { useEnumParam } from "../../state/location.ts";
import { BreakdownPanel, PAGE_ROWS } from "../shared/BreakdownPanel.tsx";
import { useList } from "../shared/useList.ts";
import { type EntityFilter, entityFilters, salesOf, useEntityVariables } from "./entitySales.ts";

interface EntityBreakdownPanelProps {
  readonly id: string;
  /** The filter that selects the entity. */
  readonly filter: EntityFilter;
  readonly dimensions: readonly [Dimension, ...Dimension[]];
  readonly metric: MetricId;
}

/** A metric of one product, customer or rep by dimension. */
export function EntityBreakdownPanel({
  id,
  filter,
  dimensions,
  metric,
}: EntityBreakdownPanelProps) {
  const [by, setBy] = useEnumParam("of", dimensions);
  const view = useEntityVariables();
  const list = useList({
    param: "of",
    metric: metric,
    pageSize: PAGE_ROWS,
    of: [id, view, by],
  });
  const variables = {
    id,
    ...view,
    ...list.variables,
    by,
    metrics: [metric],
  };
  const query = usePanelQuery(EntityBreakdownDocument, variables);
  const sales = unmask(EntityBreakdownFragmentDoc, salesOf(query.data?.node));
  return (
    <BreakdownPanel
      by={by}
      dimensions={dimensions}
      onSelect={setBy}
      metric={metric}
      list={list}
      query={query}
      file={{ ...view, by, metrics: [metric], filters: { [`${filter}s`]: [id] } }}
      breakdown={unmask(BreakdownPartsFragmentDoc, sales?.breakdown)}
      of={entityFilters(filter, id)}
    />
  );
}
