import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import { BreakdownPartsFragmentDoc, ProfitByDocument } from "../../gql/graphql.ts";
import { useEnumParam } from "../../state/location.ts";
import { BreakdownPanel, FETCHED_ROWS } from "../shared/BreakdownPanel.tsx";
import { useViewVariables } from "../shared/viewVariables.ts";

const DIMENSIONS = ["CATEGORY", "PRODUCT", "REP", "REGION", "CHANNEL"] as const;

/** Profit and margin by a dimension. */
export function ProfitBreakdownPanel() {
  const [dimension, setDimension] = useEnumParam("profit-by", DIMENSIONS);
  const query = usePanelQuery(ProfitByDocument, {
    ...useViewVariables(),
    dimension,
    metrics: ["PROFIT", "MARGIN"],
    first: FETCHED_ROWS,
  });
  return (
    <BreakdownPanel
      by={dimension}
      dimensions={DIMENSIONS}
      onSelect={setDimension}
      metric="PROFIT"
      extraMetrics={["MARGIN"]}
      query={query}
      breakdown={unmask(BreakdownPartsFragmentDoc, query.data?.profitability.by)}
      canFilter
    />
  );
}
