import { t } from "@lingui/core/macro";
import { useMemo } from "react";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import type { ChartModel } from "../../charts/model.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  NewVersusReturningDocument,
  type NewVersusReturningQuery,
  PeriodPartsFragmentDoc,
} from "../../gql/graphql.ts";
import { formatCompact, formatExact, type NumberStyle } from "../../lib/numberFormat.ts";
import { ChartPanel } from "../shared/ChartPanel.tsx";
import { useReporting } from "../shared/reporting.ts";
import { bucketNames, truncatedBuckets } from "../shared/seriesModel.ts";
import { useGranularity } from "../shared/useCalendar.ts";
import { useViewVariables } from "../shared/viewVariables.ts";

const HEIGHT = 300;
const TITLE = t`Revenue from new and returning customers`;
const NEW = t`New are customers in the bar of their first order ever`;

/** Revenue from first orders and from later ones. */
export function NewReturningPanel() {
  const granularity = useGranularity();
  const { period, zone, filters } = useViewVariables();
  const query = usePanelQuery(NewVersusReturningDocument, { period, zone, filters, granularity });
  const { currency } = useReporting();
  const model = useMemo(
    () => (query.data ? newReturningModel(query.data, currency) : null),
    [query.data, currency],
  );
  return (
    <ChartPanel
      title={TITLE}
      subtitle={NEW}
      query={query}
      model={model}
      height={HEIGHT}
      of={query.data?.customers}
    />
  );
}

function newReturningModel({ customers }: NewVersusReturningQuery, currency: string): ChartModel {
  const split = customers.newVersusReturning;
  const period = unmask(PeriodPartsFragmentDoc, customers.period);
  const style: NumberStyle = { unit: "money", currency };
  const hasAnonymous = split.anonymousRevenue.some((value) => value !== null && value !== "0");
  return {
    kind: "bar",
    isStacked: true,
    ...bucketNames(split, { start: period.from, end: period.to }, period.zone),
    series: [
      {
        id: "returning",
        name: t`Returning customers`,
        color: "current",
        values: split.returningRevenue,
      },
      {
        id: "new",
        name: t`New customers`,
        definition: NEW,
        color: "3",
        values: split.newRevenue,
      },
      // Sources that always name the customer need no third series.
      ...(hasAnonymous
        ? [
            {
              id: "anonymous",
              name: t`Without customer`,
              color: "previous" as const,
              values: split.anonymousRevenue,
            },
          ]
        : []),
    ],
    unfinishedFrom: split.partialFrom,
    truncated: truncatedBuckets(split),
    exact: (value) => formatExact(value, style),
    compact: (value) => formatCompact(value, style),
  };
}
