import { useAllRows } from "../../api/useAllRows.ts";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { type MetricId, TopCustomersDocument, type TopCustomersQuery } from "../../gql/graphql.ts";
import { useEnumParam } from "../../state/location.ts";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { entityPath } from "../shared/entityPath.ts";
import { MetricPicker } from "../shared/MetricPicker.tsx";
import { metricColumns, valueColumn } from "../shared/metricColumns.tsx";
import { Panel } from "../shared/Panel.tsx";
import { rankColumns } from "../shared/rankColumns.tsx";
import { useMetric } from "../shared/reporting.ts";
import { useViewVariables } from "../shared/viewVariables.ts";
import { customerName } from "./customerName.ts";

const METRICS = ["REVENUE", "PROFIT", "ORDERS"] as const;
/** Shown in a last column of its own, unless it ranks. */
const OTHER_METRIC: MetricId = "ORDERS";
const FETCHED_ROWS = 50;
const INITIAL_ROWS = 9;

type Row = TopCustomersQuery["customers"]["top"]["nodes"][number];

/** Customers by rank in the range. */
export function TopCustomersPanel() {
  const [by, setBy] = useEnumParam("top", METRICS);
  const metrics: MetricId[] = by === OTHER_METRIC ? [by] : [by, OTHER_METRIC];
  const variables = {
    ...useViewVariables(),
    by,
    metrics,
    first: FETCHED_ROWS,
  };
  const query = usePanelQuery(TopCustomersDocument, variables);
  const loadRows = useAllRows(TopCustomersDocument, variables, (data) => data.customers.top);
  const metricOf = useMetric();
  const rows = query.data?.customers.top.nodes ?? [];
  const isCompared = query.data?.customers.comparison != null;
  const figures = (row: Row) => row.figures;
  const [current, , , change] = metricColumns<Row>({ ...metricOf(by), figures, isCompared });
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
    ...metrics.slice(1).map((metric) => valueColumn<Row>({ ...metricOf(metric), figures })),
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
          <MetricPicker name="Rank by" metrics={METRICS} value={by} onChange={setBy} />
          <ExportButton
            file="Top customers"
            label="top customers"
            columns={columns}
            rows={rows}
            loadRows={loadRows}
          />
        </>
      }
    >
      {() => (
        <DataTable
          key={by}
          caption={`Customers by ${metricOf(by).title}`}
          columns={columns}
          rows={rows}
          rowKey={({ customer }) => customer.id}
          initialSort={{ column: "rank", descending: false }}
          limit={INITIAL_ROWS}
        />
      )}
    </Panel>
  );
}
