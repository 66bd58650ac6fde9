import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import { BreakdownPartsFragmentDoc, ProfitByDocument } from "../../gql/graphql.ts";
import { useChoice } from "../../state/location.ts";
import { DimensionPanel, FETCHED_ROWS } from "../shared/DimensionPanel.tsx";
import { useAreaVariables } from "../shared/variables.ts";

const DIMENSIONS = ["CATEGORY", "PRODUCT", "REP", "REGION", "CHANNEL"] as const;

/** Profit and margin by a dimension. */
export function ProfitByPanel() {
  const [dimension, choose] = useChoice("profit-by", DIMENSIONS);
  const query = usePanelQuery(ProfitByDocument, {
    ...useAreaVariables(),
    dimension,
    metrics: ["PROFIT", "MARGIN"],
    first: FETCHED_ROWS,
  });
  return (
    <DimensionPanel
      by={dimension}
      dimensions={DIMENSIONS}
      onChoose={choose}
      metric="PROFIT"
      beside={["MARGIN"]}
      query={query}
      breakdown={unmask(BreakdownPartsFragmentDoc, query.data?.profitability.by)}
      filters
    />
  );
}
