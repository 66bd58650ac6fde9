import { useMemo, useState } from "react";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { ChartFigure, chartColumns } from "../../charts/ChartFigure.tsx";
import type { ChartModel } from "../../charts/model.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  NewVersusReturningDocument,
  type NewVersusReturningQuery,
  PeriodPartsFragmentDoc,
} from "../../gql/graphql.ts";
import { formatCompact, formatExact, type NumberStyle } from "../../lib/number.ts";
import { useView } from "../../state/useView.ts";
import { ExportButton, TableToggle } from "../shared/ChartTools.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { exportTable } from "../shared/exportTable.ts";
import { Panel } from "../shared/Panel.tsx";
import { useReporting } from "../shared/reporting.ts";
import { bucketNames, cutBuckets } from "../shared/seriesModel.ts";
import { useAreaVariables } from "../shared/variables.ts";

const HEIGHT = 300;
const TITLE = "Revenue from new and returning customers";

/** How much of the revenue comes from first orders. */
export function NewReturningPanel() {
  const [{ granularity }] = useView();
  const { period, zone, filters } = useAreaVariables();
  const query = usePanelQuery(NewVersusReturningDocument, { period, zone, filters, granularity });
  const { currency } = useReporting();
  const model = useMemo(
    () => query.data && newReturningModel(query.data, currency),
    [query.data, currency],
  );
  const [asTable, setAsTable] = useState(false);
  return (
    <Panel
      title={TITLE}
      query={query}
      height={HEIGHT + 30}
      empty={() => (model?.labels.length ? null : <EmptyRange />)}
      tools={
        <>
          <TableToggle asTable={asTable} onChange={setAsTable} />
          <ExportButton
            what={TITLE}
            isDisabled={model === undefined}
            onExport={() =>
              model && exportTable(TITLE, chartColumns(model), [...model.titles.keys()])
            }
          />
        </>
      }
    >
      {() => model && <ChartFigure model={model} label={TITLE} height={HEIGHT} asTable={asTable} />}
    </Panel>
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
        name: "Returning customers",
        color: "current",
        values: split.returningRevenue,
      },
      { id: "new", name: "New customers", color: "3", values: split.newRevenue },
      // Sources that always name the customer need no third colour.
      ...(hasAnonymous
        ? [
            {
              id: "anonymous",
              name: "Without customer",
              color: "previous" as const,
              values: split.anonymousRevenue,
            },
          ]
        : []),
    ],
    unfinishedFrom: split.partialFrom,
    cut: cutBuckets(split),
    exact: (value) => formatExact(value, style),
    compact: (value) => formatCompact(value, style),
  };
}
