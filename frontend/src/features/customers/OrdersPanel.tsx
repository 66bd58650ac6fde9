import { useState } from "react";
import { useAllRows } from "../../api/useAllRows.ts";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import { CustomerOrdersDocument, OrderPartsFragmentDoc } from "../../gql/graphql.ts";
import { formatCount } from "../../lib/numberFormat.ts";
import { DataTable } from "../../ui/DataTable.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { useOrderColumns } from "../shared/orderColumns.tsx";
import { Panel } from "../shared/Panel.tsx";
import { WHOLE_HISTORY } from "../shared/useFileNotes.ts";
import styles from "./OrdersPanel.module.css";

const PAGE_SIZE = 12;

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
    (data) =>
      data.customer?.orders && {
        ...data.customer.orders,
        nodes: unmask(OrderPartsFragmentDoc, data.customer.orders.nodes),
      },
  );
  const orders = query.data?.customer?.orders;
  const rows = unmask(OrderPartsFragmentDoc, orders?.nodes ?? []);
  const columns = useOrderColumns(rows);
  const next = orders?.pageInfo.hasNextPage ? orders.pageInfo.endCursor : null;
  const isLoadingPage = query.isStale;
  return (
    <Panel
      title="Orders"
      subtitle={`Newest first, independent of the range${
        orders ? ` · ${formatCount(orders.totalCount, "order")}` : ""
      }`}
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
            of={WHOLE_HISTORY}
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
