import { t } from "@lingui/core/macro";
import { saveExport } from "../../api/saveExport.ts";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { type MetricId, TopCustomersDocument, type TopCustomersQuery } from "../../gql/graphql.ts";
import { useEnumParam } from "../../state/location.ts";
import { useView } from "../../state/useView.ts";
import type { Column } from "../../ui/DataTable.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { entityPath } from "../shared/entityPath.ts";
import { ListTable } from "../shared/ListTable.tsx";
import { MetricPicker } from "../shared/MetricPicker.tsx";
import { metricColumns, valueColumn } from "../shared/metricColumns.tsx";
import { withOrders } from "../shared/OrdersLink.tsx";
import { Panel } from "../shared/Panel.tsx";
import { rankColumns } from "../shared/rankColumns.tsx";
import { useMetric } from "../shared/reporting.ts";
import { isListOrder, listFile, useList } from "../shared/useList.ts";
import { useViewVariables } from "../shared/viewVariables.ts";
import { customerName } from "./customerName.ts";

const METRICS = ["REVENUE", "PROFIT", "ORDERS"] as const;
/** Shown in a last column of its own, unless it ranks. */
const OTHER_METRIC: MetricId = "ORDERS";
const PAGE_ROWS = 8;

type Row = TopCustomersQuery["customers"]["top"]["nodes"][number];

/** Customers by rank in the range. */
export function TopCustomersPanel() {
  const [by, setBy] = useEnumParam("top", METRICS);
  const metrics: MetricId[] = by === OTHER_METRIC ? [by] : [by, OTHER_METRIC];
  const view = useViewVariables();
  const [{ filters }] = useView();
  const others = metrics.slice(1);
  const list = useList({ param: "top", metric: by, others, pageSize: PAGE_ROWS, of: view });
  const variables = { ...view, ...list.variables, metrics };
  const query = usePanelQuery(TopCustomersDocument, variables);
  const metricOf = useMetric();
  const rows = query.data?.customers.top.nodes ?? [];
  const isCompared = query.data?.customers.comparison != null;
  const figures = (row: Row) => row.figures;
  const columns: readonly Column<Row>[] = [
    ...rankColumns<Row>({
      rows,
      metric: by,
      isCompared,
      header: t`Customer`,
      name: ({ customer }) => ({
        label: customerName(customer),
        title: [customerName(customer), customer.country].filter(Boolean).join(", "),
        path: entityPath("CUSTOMER", customer.id),
      }),
    }),
    ...withOrders(metricColumns<Row>({ ...metricOf(by), figures, isCompared }), ({ customer }) => ({
      filters: { ...filters, customer: [customer.id] },
    })),
    ...others.map((metric) => valueColumn<Row>({ ...metricOf(metric), figures })),
  ];
  return (
    <Panel
      title={t`Top customers`}
      query={query}
      height={366}
      empty={() =>
        rows.length || list.search ? null : <EmptyRange what={t`No customer ordered`} />
      }
      tools={
        <>
          <MetricPicker name={t`Rank by`} metrics={METRICS} value={by} onChange={setBy} />
          <ExportButton
            file={t`Top customers`}
            label={t`top customers`}
            columns={columns}
            rows={rows}
            onSave={(format) =>
              saveExport(
                "sales",
                {
                  ...view,
                  ...listFile(list),
                  by: "CUSTOMER",
                  metrics: variables.metrics,
                  // A ranking has no place for sales without one.
                  membersOnly: true,
                },
                format,
              )
            }
          />
        </>
      }
    >
      {({ customers }) => (
        <ListTable
          caption={t`Customers by ${metricOf(by).title}`}
          columns={columns.map((column) => ({
            ...column,
            isSortable: isListOrder(column.id, others),
          }))}
          list={list}
          page={customers.top}
          rowKey={({ customer }) => customer.id}
          isStale={query.isStale}
        />
      )}
    </Panel>
  );
}
