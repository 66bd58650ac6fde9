import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { type MetricId, TopCustomersDocument, type TopCustomersQuery } from "../../gql/graphql.ts";
import { useChoice } from "../../state/location.ts";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { Segmented } from "../../ui/Segmented.tsx";
import { ExportButton } from "../shared/ChartTools.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { entityPath } from "../shared/entityPath.ts";
import { exportTable } from "../shared/exportTable.ts";
import { figureColumns, valueColumn } from "../shared/figureColumns.tsx";
import { Panel } from "../shared/Panel.tsx";
import { rankColumns } from "../shared/rankColumns.tsx";
import { useMetricStyle, useMetricTitle } from "../shared/reporting.ts";
import { useAreaVariables } from "../shared/variables.ts";
import { customerName } from "./customerName.ts";

const CHOICES = ["REVENUE", "PROFIT", "ORDERS"] as const;
const BESIDE: MetricId = "ORDERS";
const FETCHED = 50;
const SHOWN = 9;

type Row = TopCustomersQuery["customers"]["top"]["nodes"][number];

/** Who bought most in the range. */
export function TopCustomersPanel() {
  const [by, setBy] = useChoice("top", CHOICES);
  const area = useAreaVariables();
  const metrics: MetricId[] = by === BESIDE ? [by] : [by, BESIDE];
  const query = usePanelQuery(TopCustomersDocument, { ...area, by, metrics, first: FETCHED });
  const style = useMetricStyle();
  const metricTitle = useMetricTitle();
  const rows = query.data?.customers.top.nodes ?? [];
  const isCompared = query.data?.customers.comparison != null;
  const figures = (row: Row) => row.figures;
  const [current, , , change] = figureColumns<Row>({
    metric: by,
    title: metricTitle(by),
    style: style(by),
    figures,
    isCompared,
  });
  const columns: readonly Column<Row>[] = [
    ...rankColumns<Row>({
      rows,
      metric: by,
      isCompared,
      header: "Customer",
      name: ({ customer }) => ({
        label: customerName(customer),
        title: [customerName(customer), customer.country].filter(Boolean).join(", "),
        path: entityPath("CUSTOMER", customer.id),
      }),
    }),
    ...[current, change].filter((column) => column !== undefined),
    ...metrics
      .slice(1)
      .map((metric) =>
        valueColumn<Row>({ metric, title: metricTitle(metric), style: style(metric), figures }),
      ),
  ];
  return (
    <Panel
      title="Top customers"
      query={query}
      height={366}
      empty={() =>
        rows.length ? null : <EmptyRange>No customer ordered in this range.</EmptyRange>
      }
      tools={
        <>
          <Segmented
            name="Rank by"
            value={by}
            options={CHOICES.map((metric) => ({ value: metric, label: metricTitle(metric) }))}
            onChange={setBy}
          />
          <ExportButton
            what="top customers"
            isDisabled={rows.length === 0}
            onExport={() => exportTable("Top customers", columns, rows)}
          />
        </>
      }
    >
      {() => (
        <DataTable
          key={by}
          caption={`Customers by ${metricTitle(by)}`}
          columns={columns}
          rows={rows}
          rowKey={({ customer }) => customer.id}
          initialSort={{ column: "rank", descending: false }}
          limit={SHOWN}
        />
      )}
    </Panel>
  );
}
