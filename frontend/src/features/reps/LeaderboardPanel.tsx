import { usePanelQuery } from "../../api/usePanelQuery.ts";
import {
  type MetricId,
  RepLeaderboardDocument,
  type RepLeaderboardQuery,
} from "../../gql/graphql.ts";
import { useChoice } from "../../state/location.ts";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { Segmented } from "../../ui/Segmented.tsx";
import { ExportButton } from "../shared/ChartTools.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { entityPath } from "../shared/entityPath.ts";
import { exportTable } from "../shared/exportTable.ts";
import { Amount, figureColumns, valueColumn } from "../shared/figureColumns.tsx";
import { Panel } from "../shared/Panel.tsx";
import { PeriodLine } from "../shared/PeriodLine.tsx";
import { rankColumns } from "../shared/rankColumns.tsx";
import { useMetricStyle, useMetricTitle, useReporting } from "../shared/reporting.ts";
import { useFilterBy } from "../shared/useFilterBy.ts";
import { useAreaVariables } from "../shared/variables.ts";
import { AttainmentMeter } from "./AttainmentMeter.tsx";

const CHOICES = ["REVENUE", "PROFIT", "ORDERS", "AVERAGE_ORDER_VALUE", "ATTAINMENT"] as const;
const BESIDE: readonly MetricId[] = [
  "REVENUE",
  "PROFIT",
  "ORDERS",
  "AVERAGE_ORDER_VALUE",
  "MARGIN",
];
const FETCHED = 100;
const SHOWN = 25;

type Row = RepLeaderboardQuery["reps"]["leaderboard"]["nodes"][number];

/** Who sells most, who moved, and how far everybody is towards the quota. */
export function LeaderboardPanel() {
  const [by, setBy] = useChoice("rank", CHOICES);
  const query = usePanelQuery(RepLeaderboardDocument, {
    ...useAreaVariables(),
    by,
    first: FETCHED,
  });
  const metricTitle = useMetricTitle();
  const rows = query.data?.reps.leaderboard.nodes ?? [];
  const columns = useColumns(
    rows,
    by === "ATTAINMENT" ? "REVENUE" : by,
    query.data?.reps.comparison != null,
  );
  return (
    <Panel
      title="Leaderboard"
      query={query}
      height={420}
      subtitle={<PeriodLine {...query.data?.reps} />}
      empty={() =>
        rows.length ? null : <EmptyRange>No rep sold anything in this range.</EmptyRange>
      }
      tools={
        <>
          <Segmented
            name="Rank by"
            value={by}
            options={CHOICES.map((value) => ({
              value,
              label: value === "ATTAINMENT" ? "Attainment" : metricTitle(value),
            }))}
            onChange={setBy}
          />
          <ExportButton
            what="the leaderboard"
            isDisabled={rows.length === 0}
            onExport={() => exportTable("Leaderboard", columns, rows)}
          />
        </>
      }
    >
      {() => (
        <DataTable
          key={by}
          caption="Sales reps by what they sold"
          columns={columns}
          rows={rows}
          rowKey={({ rep }) => rep.id}
          initialSort={{ column: "rank", descending: false }}
          limit={SHOWN}
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
  const filterBy = useFilterBy();
  const { currency } = useReporting();
  const style = useMetricStyle();
  const metricTitle = useMetricTitle();
  const figures = (row: Row) => row.figures;
  return [
    ...rankColumns<Row>({
      rows,
      metric,
      isCompared,
      header: "Rep",
      name: ({ rep }) => ({
        label: rep.name,
        path: entityPath("REP", rep.id),
        onFilter: () => filterBy("rep", rep.id, rep.name),
      }),
    }),
    { id: "team", header: "Team", value: ({ rep }) => rep.team },
    ...figureColumns<Row>({
      metric,
      title: metricTitle(metric),
      style: style(metric),
      figures,
      isCompared,
    }),
    {
      id: "quota",
      header: "Quota",
      numeric: true,
      value: ({ attainment }) => attainment.quota,
      render: ({ attainment }) => (
        <Amount value={attainment.quota} style={{ unit: "money", currency }} />
      ),
    },
    {
      id: "attainment",
      header: "Attainment",
      title: "Revenue divided by quota",
      numeric: true,
      value: ({ attainment }) => attainment.ratio,
      render: ({ attainment }) => <AttainmentMeter ratio={attainment.ratio} />,
    },
    ...BESIDE.filter((other) => other !== metric).map((other) =>
      valueColumn<Row>({ metric: other, title: metricTitle(other), style: style(other), figures }),
    ),
  ];
}
