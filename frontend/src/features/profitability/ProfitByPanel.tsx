import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import { BreakdownPartsFragmentDoc, ProfitByDocument } from "../../gql/graphql.ts";
import { useAreaVariables } from "../shared/variables.ts";
import { DIMENSIONS, ProfitTablePanel, TABLE_METRICS, useDimension } from "./ProfitTablePanel.tsx";

const FETCHED = 50;

/** Profit and margin by a dimension. */
export function ProfitByPanel() {
  const [dimension, choose] = useDimension("profit-by", DIMENSIONS);
  const query = usePanelQuery(ProfitByDocument, {
    ...useAreaVariables(),
    dimension,
    metrics: [...TABLE_METRICS],
    first: FETCHED,
  });
  return (
    <ProfitTablePanel
      title="Profit"
      query={query}
      breakdown={unmask(BreakdownPartsFragmentDoc, query.data?.profitability.by)}
      dimension={dimension}
      dimensions={DIMENSIONS}
      onChoose={choose}
      emptyText="There are no sales in this range."
      hasTotal
    />
  );
}
