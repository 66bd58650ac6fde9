import { t } from "@lingui/core/macro";
import { useAllRows } from "../../api/useAllRows.ts";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import {
  type LeaderboardOrder,
  type MetricId,
  RepLeaderboardDocument,
  type RepLeaderboardQuery,
} from "../../gql/graphql.ts";
import { useEnumParam } from "../../state/location.ts";
import { useView } from "../../state/useView.ts";
import type { Column } from "../../ui/DataTable.tsx";
import { SegmentedControl } from "../../ui/SegmentedControl.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { entityPath } from "../shared/entityPath.ts";
import { ListTable } from "../shared/ListTable.tsx";
import { Amount, metricColumns, valueColumn } from "../shared/metricColumns.tsx";
import { withOrders } from "../shared/OrdersLink.tsx";
import { Panel } from "../shared/Panel.tsx";
import { PeriodLabel } from "../shared/PeriodLabel.tsx";
import { rankColumns } from "../shared/rankColumns.tsx";
import { useMetric, useReporting } from "../shared/reporting.ts";
import { isListOrder, useList } from "../shared/useList.ts";
import { useToggleFilter } from "../shared/useToggleFilter.ts";
import { useViewVariables } from "../shared/viewVariables.ts";
import { attainmentColumn } from "./attainmentColumn.tsx";

const CHOICES = ["REVENUE", "PROFIT", "ORDERS", "AVERAGE_ORDER_VALUE", "ATTAINMENT"] as const;
const OTHER_METRICS: readonly MetricId[] = [
  "REVENUE",
  "PROFIT",
  "ORDERS",
  "AVERAGE_ORDER_VALUE",
  "MARGIN",
];
const ORDERS: readonly LeaderboardOrder[] = [...CHOICES, "MARGIN"];
const PAGE_ROWS = 25;

type Row = RepLeaderboardQuery["reps"]["leaderboard"]["nodes"][number];

/** Reps by rank, with the change of rank and the attainment of the quota. */
export function LeaderboardPanel() {
  const [by, setBy] = useEnumParam("rank", CHOICES);
  const metric = by === "ATTAINMENT" ? "REVENUE" : by;
  const view = useViewVariables();
  const list = useList<LeaderboardOrder>({
    param: "rank",
    metric,
    others: ORDERS.filter((order) => order !== metric),
    ...(by === "ATTAINMENT" && { first: by }),
    pageSize: PAGE_ROWS,
    of: view,
  });
  const { search: _, ...order } = list.variables;
  const variables = { ...view, ...order };
  const query = usePanelQuery(RepLeaderboardDocument, variables);
  const loadRows = useAllRows(RepLeaderboardDocument, variables, (data) => data.reps.leaderboard);
  const metricOf = useMetric();
  const rows = query.data?.reps.leaderboard.nodes ?? [];
  const columns = useColumns(rows, metric, query.data?.reps.comparison != null);
  return (
    <Panel
      title={t`Leaderboard`}
      query={query}
      height={420}
      subtitle={<PeriodLabel {...query.data?.reps} />}
      empty={() => (rows.length ? null : <EmptyRange what={t`No rep sold anything`} />)}
      tools={
        <>
          <SegmentedControl
            name={t`Rank by`}
            value={by}
            options={CHOICES.map((value) => ({
              value,
              label: value === "ATTAINMENT" ? t`Attainment` : metricOf(value).title,
            }))}
            onChange={setBy}
          />
          <ExportButton
            file={t`Leaderboard`}
            of={query.data?.reps}
            label={t`the leaderboard`}
            columns={columns}
            rows={rows}
            loadRows={loadRows}
          />
        </>
      }
    >
      {({ reps: { leaderboard } }) => (
        <ListTable
          caption={t`Sales reps by what they sold`}
          columns={columns.map((column) => ({
            ...column,
            isSortable: isListOrder(column.id, ORDERS),
          }))}
          list={list}
          page={leaderboard}
          rowKey={({ rep }) => rep.id}
          isStale={query.isStale}
          canSearch={false}
        />
      )}
    </Panel>
  );
}

function useColumns(
  rows: readonly Row[],
  metric: MetricId,
  isCompared: boolean,
): readonly Column<Row>[] {
  const toggleFilter = useToggleFilter();
  const [{ filters }] = useView();
  const { currency } = useReporting();
  const metricOf = useMetric();
  const figures = (row: Row) => row.figures;
  return [
    ...rankColumns<Row>({
      rows,
      metric,
      isCompared,
      header: t`Rep`,
      name: ({ rep }) => ({
        label: rep.name,
        path: entityPath("REP", rep.id),
        onFilter: () => toggleFilter("rep", rep.id, rep.name),
      }),
    }),
    ...withOrders(metricColumns<Row>({ ...metricOf(metric), figures, isCompared }), ({ rep }) => ({
      filters: { ...filters, rep: [rep.id] },
    })),
    {
      id: "quota",
      header: t`Quota`,
      numeric: true,
      value: ({ attainment }) => attainment.quota,
      render: ({ attainment }, among) => (
        <Amount value={attainment.quota} style={{ unit: "money", currency }} among={among} />
      ),
    },
    { ...attainmentColumn(rows), id: "ATTAINMENT" },
    ...OTHER_METRICS.filter((other) => other !== metric).map((other) =>
      valueColumn<Row>({ ...metricOf(other), figures }),
    ),
    // Last: on a phone the figures matter more.
    { id: "team", header: t`Team`, value: ({ rep }) => rep.team },
  ];
}
