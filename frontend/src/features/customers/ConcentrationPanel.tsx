import { t } from "@lingui/core/macro";
import { useMemo } from "react";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { type ChartModel, fifths } from "../../charts/model.ts";
import {
  CustomerConcentrationDocument,
  type CustomerConcentrationQuery,
} from "../../gql/graphql.ts";
import { toNumber } from "../../lib/decimal.ts";
import { LOCALE } from "../../lib/locale.ts";
import { formatCompact, formatExact, formatPercent, formatShare } from "../../lib/numberFormat.ts";
import { ChartPanel } from "../shared/ChartPanel.tsx";
import { useReporting } from "../shared/reporting.ts";

const HEIGHT = 260;
const TITLE = t`Revenue concentration`;
const SPAN = t`the ${(365).toLocaleString(LOCALE)} days up to the newest sale`;
/** The share of customers that the line below the title names. */
const NAMED_SHARE = 0.1;

type Concentration = CustomerConcentrationQuery["customers"]["concentration"];
type Point = Concentration["points"][number];

/** The share of revenue that the best customers make. */
export function ConcentrationPanel() {
  const query = usePanelQuery(CustomerConcentrationDocument, {});
  const { currency } = useReporting();
  const concentration = query.data?.customers.concentration;
  const model = useMemo(
    () => (concentration ? concentrationModel(concentration, currency) : null),
    [concentration, currency],
  );
  return (
    <ChartPanel
      title={TITLE}
      subtitle={concentration ? headline(concentration) : null}
      query={query}
      model={model}
      height={HEIGHT}
      of={t`over ${SPAN}`}
      computedAt={concentration?.asOf}
      emptyText={concentration && emptyText(concentration)}
    />
  );
}

function headline({ points }: Concentration): string {
  const named = points.find(({ customersShare }) => toNumber(customersShare) >= NAMED_SHARE);
  return named?.revenueShare == null
    ? t`Over ${SPAN}`
    : t`${pointTitle(named)} make ${formatShare(named.revenueShare) ?? "–"} of revenue, over ${SPAN}`;
}

function emptyText({ asOf, customers }: Concentration): string {
  if (asOf === null) return t`The concentration has not been computed yet.`;
  if (customers === 0) return t`No customer has ordered yet.`;
  return t`The customers' revenue is not above zero, so there are no shares of it.`;
}

function concentrationModel({ points }: Concentration, currency: string): ChartModel {
  const shown = points.filter(({ revenueShare }) => revenueShare !== null);
  const style = { unit: "ratio", currency } as const;
  return {
    kind: "line",
    pointHeader: t({ message: "Customers", context: "how many" }),
    labels: shown.map(({ customersShare }) => percent(customersShare)),
    titles: shown.map(pointTitle),
    series: [
      {
        id: "revenue",
        name: t`Share of revenue`,
        color: "current",
        values: shown.map(({ revenueShare }) => revenueShare),
      },
      {
        id: "equal",
        name: t`If all customers were equal`,
        color: "previous",
        values: shown.map(({ customersShare }) => customersShare),
        isBackground: true,
      },
    ],
    highest: 1,
    named: fifths(shown.map(({ customersShare }) => toNumber(customersShare))),
    unfinishedFrom: null,
    exact: (value) => formatExact(value, style),
    compact: (value) => formatCompact(value, style),
  };
}

function pointTitle({ customersShare, customers }: Point): string {
  return t`Top ${percent(customersShare)} of customers (${customers.toLocaleString(LOCALE)})`;
}

function percent(share: string): string {
  return formatPercent(toNumber(share), 0);
}
