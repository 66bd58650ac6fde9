import { useState } from "react";
import { useAllRows } from "../../api/useAllRows.ts";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import {
  CustomerOrdersDocument,
  type CustomerOrdersQuery,
  type OrderStatus,
} from "../../gql/graphql.ts";
import { formatDay } from "../../lib/dates.ts";
import { formatExact } from "../../lib/numberFormat.ts";
import { BarCell, longestBar } from "../../ui/BarCell.tsx";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { entityPath } from "../shared/entityPath.ts";
import { Amount } from "../shared/metricColumns.tsx";
import { NameCell } from "../shared/NameCell.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useReporting } from "../shared/reporting.ts";
import styles from "./OrdersPanel.module.css";

const PAGE_SIZE = 12;

const STATUS_TITLES: Readonly<Record<OrderStatus, string>> = {
  SOLD: "Sold",
  PARTLY_REFUNDED: "Partly refunded",
  REFUNDED: "Refunded",
  CANCELLED: "Cancelled",
  CREDIT_NOTE: "Credit note",
};

type Row = NonNullable<CustomerOrdersQuery["customer"]>["orders"]["nodes"][number];

/** The orders of a customer in pages, newest first. */
export function OrdersPanel({ id }: { readonly id: string }) {
  // The cursors of the pages so far: cursors lead forward only.
  const [cursors, setCursors] = useState<readonly (string | null)[]>([null]);
  const query = usePanelQuery(CustomerOrdersDocument, {
    id,
    first: PAGE_SIZE,
    after: cursors.at(-1) ?? null,
  });
  const loadRows = useAllRows(
    CustomerOrdersDocument,
    { id, first: PAGE_SIZE, after: null },
    (data) => data.customer?.orders,
  );
  const orders = query.data?.customer?.orders;
  const rows = orders?.nodes ?? [];
  const columns = useColumns(rows);
  const next = orders?.pageInfo.hasNextPage ? orders.pageInfo.endCursor : null;
  const isLoadingPage = query.isStale;
  return (
    <Panel
      title="Orders"
      subtitle="Newest first, independent of the range"
      query={query}
      height={440}
      empty={() => (rows.length ? null : "There are no orders of this customer.")}
      tools={
        <>
          <button
            type="button"
            className={styles.page}
            disabled={cursors.length === 1 || isLoadingPage}
            onClick={() => setCursors(cursors.slice(0, -1))}
          >
            Newer
          </button>
          <span className={styles.number}>Page {cursors.length}</span>
          <button
            type="button"
            className={styles.page}
            disabled={next === null || isLoadingPage}
            onClick={() => setCursors([...cursors, next])}
          >
            Older
          </button>
          <ExportButton
            file="Orders"
            label="orders"
            columns={columns}
            rows={rows}
            loadRows={loadRows}
          />
        </>
      }
    >
      {() => (
        <DataTable
          key={cursors.length}
          caption="Orders of this customer"
          columns={columns}
          rows={rows}
          rowKey={({ id: order }) => order}
        />
      )}
    </Panel>
  );
}

function useColumns(rows: readonly Row[]): readonly Column<Row>[] {
  const longest = longestBar(rows.map(({ revenue }) => revenue));
  // Amounts in different currencies cannot be compared.
  const isOneCurrency = new Set(rows.map(({ currency }) => currency)).size === 1;
  const { zone, currency: reportingCurrency } = useReporting();
  const money = (name: "revenue" | "profit", header: string): Column<Row> => ({
    id: name,
    header,
    numeric: true,
    isSortable: false,
    value: (row) => row[name],
    // In the order's own currency: only totals are converted.
    render: (row) => <Amount value={row[name]} style={{ unit: "money", currency: row.currency }} />,
  });
  return [
    {
      id: "at",
      header: "Ordered",
      isSortable: false,
      value: ({ orderedAt }) => orderedAt,
      render: ({ orderedAt }) => formatDay(orderedAt, zone),
    },
    {
      id: "key",
      header: "Order",
      isName: true,
      isSortable: false,
      value: ({ key }) => key,
      render: (row) => (
        <BarCell value={row.revenue} longest={isOneCurrency ? longest : 0}>
          <span title={row.key}>{row.key}</span>
        </BarCell>
      ),
    },
    {
      id: "status",
      header: "Status",
      isSortable: false,
      value: ({ status }) => STATUS_TITLES[status],
      render: ({ status }) => (
        <span className={styles.status} data-status={status}>
          {STATUS_TITLES[status]}
        </span>
      ),
    },
    {
      id: "rep",
      header: "Rep",
      isSortable: false,
      value: ({ rep }) => rep?.name ?? null,
      render: ({ rep }) => rep && <NameCell label={rep.name} path={entityPath("REP", rep.id)} />,
    },
    {
      id: "units",
      header: "Units",
      numeric: true,
      isSortable: false,
      value: ({ units }) => units,
      render: ({ units }) => formatExact(units, { unit: "count", currency: reportingCurrency }),
    },
    money("revenue", "Revenue"),
    money("profit", "Gross profit"),
  ];
}
