import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import { BreakdownPartsFragmentDoc, type MetricId, ProfitByDocument } from "../../gql/graphql.ts";
import { useEnumParam } from "../../state/location.ts";
import { BreakdownPanel, PAGE_ROWS } from "../shared/BreakdownPanel.tsx";
import { useList } from "../shared/useList.ts";
import { useViewVariables } from "../shared/viewVariables.ts";

const DIMENSIONS = ["CATEGORY", "PRODUCT", "REP", "REGION", "CHANNEL"] as const;

/** Profit and margin by a dimension. */
export function ProfitBreakdownPanel() {
  const [dimension, setDimension] = useEnumParam("profit-by", DIMENSIONS);
  const view = useViewVariables();
  const list = useList({
    param: "profit-by",
    metric: "PROFIT",
    others: ["MARGIN"],
    pageSize: PAGE_ROWS,
    of: [view, dimension],
  });
  const variables = {
    ...view,
    ...list.variables,
    dimension,
    metrics: ["PROFIT", "MARGIN"] satisfies MetricId[],
  };
  const query = usePanelQuery(ProfitByDocument, variables);
  return (
    <BreakdownPanel
      by={dimension}
      dimensions={DIMENSIONS}
      onSelect={setDimension}
      metric="PROFIT"
      extraMetrics={["MARGIN"]}
      list={list}
      query={query}
      file={{ ...view, by: dimension, metrics: variables.metrics }}
      breakdown={unmask(BreakdownPartsFragmentDoc, query.data?.profitability.by)}
    />
  );
}
