import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import { BreakdownPartsFragmentDoc, LossMakersDocument } from "../../gql/graphql.ts";
import { useAreaVariables } from "../shared/variables.ts";
import { LOSS_DIMENSIONS, ProfitTablePanel, useDimension } from "./ProfitTablePanel.tsx";

const FETCHED = 50;

/** What costs more than it brings. */
export function LossPanel() {
  const [dimension, choose] = useDimension("losses", LOSS_DIMENSIONS);
  const query = usePanelQuery(LossMakersDocument, {
    ...useAreaVariables(),
    by: dimension,
    first: FETCHED,
  });
  return (
    <ProfitTablePanel
      title="Loss-makers"
      query={query}
      breakdown={unmask(BreakdownPartsFragmentDoc, query.data?.profitability.lossMakers)}
      dimension={dimension}
      dimensions={LOSS_DIMENSIONS}
      onChoose={choose}
      emptyText="Nothing was sold at a loss in this range."
    />
  );
}
