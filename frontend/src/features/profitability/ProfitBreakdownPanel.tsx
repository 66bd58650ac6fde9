import { useAllRows } from "../../api/useAllRows.ts";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import { BreakdownPartsFragmentDoc, type MetricId, ProfitByDocument } from "../../gql/graphql.ts";
import { useEnumParam } from "../../state/location.ts";
import { BreakdownPanel, FETCHED_ROWS } from "../shared/BreakdownPanel.tsx";
import { useViewVariables } from "../shared/viewVariables.ts";

const DIMENSIONS = ["CATEGORY", "PRODUCT", "REP", "REGION", "CHANNEL"] as const;

/** Profit and margin by a dimension. */
export function ProfitBreakdownPanel() {
  const [dimension, setDimension] = useEnumParam("profit-by", DIMENSIONS);
  const variables = {
    ...useViewVariables(),
    dimension,
    metrics: ["PROFIT", "MARGIN"] satisfies MetricId[],
    first: FETCHED_ROWS,
  };
  const query = usePanelQuery(ProfitByDocument, variables);
  const loadRows = useAllRows(ProfitByDocument, variables, (data) =>
    unmask(BreakdownPartsFragmentDoc, data.profitability.by),
  );
  return (
    <BreakdownPanel
      by={dimension}
      dimensions={DIMENSIONS}
      onSelect={setDimension}
      metric="PROFIT"
      extraMetrics={["MARGIN"]}
      query={query}
      loadRows={loadRows}
      breakdown={unmask(BreakdownPartsFragmentDoc, query.data?.profitability.by)}
      canFilter
    />
  );
}
