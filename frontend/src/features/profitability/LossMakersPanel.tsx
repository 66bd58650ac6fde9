import { t } from "@lingui/core/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import { BreakdownPartsFragmentDoc, LossMakersDocument } from "../../gql/graphql.ts";
import { useEnumParam } from "../../state/location.ts";
import { BreakdownPanel, PAGE_ROWS } from "../shared/BreakdownPanel.tsx";
import { NO_COSTS, useCostCoverage } from "../shared/costCoverage.ts";
import { useList } from "../shared/useList.ts";
import { useViewVariables } from "../shared/viewVariables.ts";

const DIMENSIONS = ["PRODUCT", "CATEGORY", "REP", "REGION", "CHANNEL"] as const;

/** What sold at a loss. */
export function LossMakersPanel() {
  const [by, setBy] = useEnumParam("losses", DIMENSIONS);
  const view = useViewVariables();
  const list = useList({
    param: "losses",
    metric: "PROFIT",
    others: ["REVENUE", "MARGIN"],
    isDescending: false,
    pageSize: PAGE_ROWS,
    of: [view, by],
  });
  const variables = {
    ...view,
    ...list.variables,
    by,
  };
  const query = usePanelQuery(LossMakersDocument, variables);
  return (
    <BreakdownPanel
      title={t`Loss-makers`}
      by={by}
      dimensions={DIMENSIONS}
      onSelect={setBy}
      metric="PROFIT"
      extraMetrics={["REVENUE", "MARGIN"]}
      list={list}
      query={query}
      file={{ ...view, by, metrics: ["PROFIT", "REVENUE", "MARGIN"], lossesOnly: true }}
      breakdown={unmask(BreakdownPartsFragmentDoc, query.data?.profitability.lossMakers)}
      isOfLosses
      emptyText={
        useCostCoverage() === "0"
          ? NO_COSTS
          : t`Nothing with a known cost was sold at a loss in this range.`
      }
    />
  );
}
