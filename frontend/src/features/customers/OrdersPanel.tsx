import { plural, t } from "@lingui/core/macro";
import { useState } from "react";
import { useAllRows } from "../../api/useAllRows.ts";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import { CustomerOrdersDocument, OrderPartsFragmentDoc } from "../../gql/graphql.ts";
import { LOCALE } from "../../lib/locale.ts";
import { DataTable } from "../../ui/DataTable.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { orderFile, useOrderColumns } from "../shared/orderColumns.tsx";
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
      title={t`Orders`}
      subtitle={[
        t`Newest first, independent of the range`,
        orders && plural(orders.totalCount, { one: "# order", other: "# orders" }),
      ]
        .filter(Boolean)
        .join(" · ")}
      query={query}
      height={440}
      empty={() => (rows.length ? null : t`There are no orders of this customer.`)}
      tools={
        <>
          <button
            type="button"
            className={styles.page}
            disabled={cursors.length === 1 || isLoadingPage}
            onClick={() => setCursors(cursors.slice(0, -1))}
          >{t`Newer`}</button>
          <span className={styles.number}>{t`Page ${cursors.length.toLocaleString(LOCALE)}`}</span>
          <button
            type="button"
            className={styles.page}
            disabled={next === null || isLoadingPage}
            onClick={() => setCursors([...cursors, next])}
          >{t`Older`}</button>
          <ExportButton
            file={t`Orders`}
            of={WHOLE_HISTORY}
            label={t`orders`}
            {...orderFile(columns)}
            rows={rows}
            loadRows={loadRows}
          />
        </>
      }
    >
      {() => (
        <DataTable
          key={cursors.length}
          caption={t`Orders of this customer`}
          columns={columns}
          rows={rows}
          rowKey={({ id: order }) => order}
        />
      )}
    </Panel>
  );
}
