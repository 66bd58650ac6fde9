import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { CustomerSegmentsDocument, type CustomerSegmentsQuery } from "../../gql/graphql.ts";
import { formatExact, formatPercent, type NumberStyle, toCoordinate } from "../../lib/number.ts";
import { useView } from "../../state/useView.ts";
import { toggleFilter } from "../../state/view.ts";
import { BarCell } from "../../ui/BarCell.tsx";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { ExportButton } from "../shared/ChartTools.tsx";
import { exportTable } from "../shared/exportTable.ts";
import { Amount, barShare, largest } from "../shared/figureColumns.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useReporting } from "../shared/reporting.ts";
import { useAreaVariables } from "../shared/variables.ts";
import { rememberLabels } from "../shell/filterLabels.ts";

type Row = CustomerSegmentsQuery["customers"]["segments"]["rows"][number];

/** Customers by how recently, how often and for how much they buy. */
export function SegmentPanel() {
  const { filters } = useAreaVariables();
  const query = usePanelQuery(CustomerSegmentsDocument, { filters });
  const [view, change] = useView();
  const { currency } = useReporting();
  const rows = query.data?.customers.segments.rows ?? [];
  const columns = segmentColumns(rows, { unit: "money", currency }, (row) => {
    rememberLabels([{ id: row.segment, label: row.title }]);
    change({ filters: toggleFilter(view.filters, "segment", row.segment) });
  });
  return (
    <Panel
      title="Segments"
      subtitle="By recency, frequency and monetary value over the whole history"
      query={query}
      height={370}
      computedAt={({ customers }) => customers.segments.asOf}
      empty={({ customers }) =>
        customers.segments.asOf === null ? "Segments have not been computed yet." : null
      }
      tools={
        <ExportButton
          what="segments"
          isDisabled={rows.length === 0}
          onExport={() => exportTable("Segments", columns, rows)}
        />
      }
    >
      {() => (
        <DataTable
          caption="Customer segments"
          columns={columns}
          rows={rows}
          rowKey={({ segment }) => segment}
        />
      )}
    </Panel>
  );
}

function segmentColumns(
  rows: readonly Row[],
  money: NumberStyle,
  onFilter: (row: Row) => void,
): readonly Column<Row>[] {
  const longest = largest(rows.map(({ revenue }) => revenue));
  return [
    {
      id: "segment",
      header: "Segment",
      value: ({ title }) => title,
      render: (row) => (
        <BarCell share={barShare(row.revenue, longest)}>
          <button type="button" title={row.description} onClick={() => onFilter(row)}>
            {row.title}
          </button>
        </BarCell>
      ),
    },
    {
      id: "customers",
      header: "Customers",
      numeric: true,
      value: ({ customers }) => String(customers),
    },
    {
      id: "customersShare",
      header: "Share",
      title: "Share of customers",
      numeric: true,
      value: ({ customersShare }) => customersShare,
      render: ({ customersShare }) => percent(customersShare),
    },
    {
      id: "revenue",
      header: "Revenue",
      numeric: true,
      value: ({ revenue }) => revenue,
      render: ({ revenue }) => <Amount value={revenue} style={money} />,
    },
    {
      id: "revenueShare",
      header: "Share",
      title: "Share of revenue",
      numeric: true,
      value: ({ revenueShare }) => revenueShare,
      render: ({ revenueShare }) => percent(revenueShare),
    },
    {
      id: "revenuePerCustomer",
      header: "Each",
      title: "Revenue per customer",
      numeric: true,
      value: ({ averageRevenue }) => averageRevenue,
      render: ({ averageRevenue }) => <Amount value={averageRevenue} style={money} />,
    },
    {
      id: "orders",
      header: "Orders each",
      numeric: true,
      value: ({ averageOrders }) => averageOrders,
      render: ({ averageOrders }) =>
        averageOrders && formatExact(averageOrders, { ...money, unit: "count" }),
    },
    {
      id: "recency",
      header: "Days since last order",
      numeric: true,
      value: ({ averageRecencyDays }) => averageRecencyDays,
      render: ({ averageRecencyDays }) =>
        averageRecencyDays &&
        formatExact(String(Math.round(toCoordinate(averageRecencyDays))), {
          ...money,
          unit: "count",
        }),
    },
  ];
}

function percent(share: string | null): string | null {
  return share === null ? null : formatPercent(toCoordinate(share));
}
