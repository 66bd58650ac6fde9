import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import { BreakdownPartsFragmentDoc, LossMakersDocument } from "../../gql/graphql.ts";
import { useChoice } from "../../state/location.ts";
import { DimensionPanel, FETCHED_ROWS } from "../shared/DimensionPanel.tsx";
import { useAreaVariables } from "../shared/variables.ts";

/** Losses are looked for where they can be ended: first of all in products. */
const DIMENSIONS = ["PRODUCT", "CATEGORY", "REP", "REGION", "CHANNEL"] as const;

/** What costs more than it brings. */
export function LossPanel() {
  const [by, setBy] = useChoice("losses", DIMENSIONS);
  const query = usePanelQuery(LossMakersDocument, {
    ...useAreaVariables(),
    by,
    first: FETCHED_ROWS,
  });
  return (
    <DimensionPanel
      title="Loss-makers"
      by={by}
      dimensions={DIMENSIONS}
      onChoose={setBy}
      metric="PROFIT"
      beside={["MARGIN"]}
      query={query}
      breakdown={unmask(BreakdownPartsFragmentDoc, query.data?.profitability.lossMakers)}
      filters
      isOfLosses
      emptyText="Nothing was sold at a loss in this range."
    />
  );
}
