import { plural, t } from "@lingui/core/macro";
import { useAllRows } from "../../api/useAllRows.ts";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  OrderPartsFragmentDoc,
  type PlacedOrder,
  PlacedOrdersDocument,
  type PlacedOrdersQuery,
} from "../../gql/graphql.ts";
import { useTextParam } from "../../state/useTextParam.ts";
import type { Column } from "../../ui/DataTable.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { entityPath } from "../shared/entityPath.ts";
import { ListTable } from "../shared/ListTable.tsx";
import { NameCell } from "../shared/NameCell.tsx";
import { orderFile, useOrderColumns } from "../shared/orderColumns.tsx";
import { Panel } from "../shared/Panel.tsx";
import { PeriodLabel } from "../shared/PeriodLabel.tsx";
import { useReporting } from "../shared/reporting.ts";
import { useList } from "../shared/useList.ts";
import { useViewVariables } from "../shared/viewVariables.ts";
import { parseWeekHour, WEEK_HOUR, weekHourTitle } from "../shared/weekHour.ts";
import styles from "./PlacedOrdersPanel.module.css";

const PAGE_ROWS = 25;
/** The column that orders the list: by time. */
const AT = "current";

type Node = PlacedOrdersQuery["orders"]["placed"]["nodes"][number];

/** A masked order with its customer. */
function rowOf(node: Node) {
  return { ...unmask(OrderPartsFragmentDoc, node), customer: node.customer };
}

type Row = ReturnType<typeof rowOf>;

/** Every order that the figures of the range count, the newest first by default. */
export function PlacedOrdersPanel() {
  const { period, zone, filters } = useViewVariables();
  const [hourText, setHourText] = useTextParam(WEEK_HOUR);
  const weekHour = parseWeekHour(hourText);
  const view = { period, zone, filters, weekHour };
  const list = useList<PlacedOrder>({
    param: "orders",
    metric: "TIME",
    others: ["REVENUE"],
    pageSize: PAGE_ROWS,
    of: view,
  });
  const { orderBy, direction, search, first, after } = list.variables;
  const variables = { ...view, orderBy, direction, search, first, after };
  const query = usePanelQuery(PlacedOrdersDocument, variables);
  const placed = query.data?.orders.placed;
  const rows = placed?.nodes.map(rowOf) ?? [];
  const loadRows = useAllRows(PlacedOrdersDocument, variables, ({ orders }) => ({
    ...orders.placed,
    nodes: orders.placed.nodes.map(rowOf),
  }));
  const { currency } = useReporting();
  const [at, key, ...others] = useOrderColumns(rows);
  const columns: readonly Column<Row>[] = [
    ...(at ? [{ ...at, id: AT, isSortable: true }] : []),
    ...(key ? [key] : []),
    {
      id: "customer",
      header: t`Customer`,
      isSortable: false,
      value: ({ customer }) => customer && (customer.name ?? t`Customer ${customer.key}`),
      render: ({ customer }) =>
        customer && (
          <NameCell
            label={customer.name ?? t`Customer ${customer.key}`}
            path={entityPath("CUSTOMER", customer.id)}
          />
        ),
    },
    ...others.map((column) =>
      column.id === "revenue" ? { ...column, id: "REVENUE", isSortable: true } : column,
    ),
  ];
  return (
    <Panel
      title={t`Orders`}
      query={query}
      height={860}
      subtitle={
        <PeriodLabel {...query.data?.orders}>
          {placed && ` · ${plural(placed.totalCount, { one: "# order", other: "# orders" })}`}
          {list.variables.orderBy === "REVENUE" &&
            rows.some((row) => row.currency !== currency) &&
            ` · ${t`amounts are in their own currencies, and ordered as numbers`}`}
          {(filters?.categories || filters?.products) &&
            ` · ${t`amounts are of whole orders, with their other products`}`}
          {weekHour && (
            <>
              {` · ${t`placed on ${weekHourTitle(weekHour)} only`} `}
              <button
                type="button"
                className={styles.clear}
                onClick={() => setHourText(null)}
              >{t`Show all hours`}</button>
            </>
          )}
        </PeriodLabel>
      }
      empty={() => (rows.length || list.search ? null : <EmptyRange what={t`There is no order`} />)}
      tools={
        <ExportButton
          file={t`Orders`}
          of={query.data?.orders}
          search={search ?? ""}
          label={t`orders`}
          {...orderFile(columns)}
          rows={rows}
          loadRows={loadRows}
        />
      }
    >
      {({ orders }) => (
        <ListTable
          caption={t`Orders`}
          columns={columns}
          list={list}
          page={{ ...orders.placed, nodes: rows }}
          rowKey={({ id }) => id}
          isStale={query.isStale}
        />
      )}
    </Panel>
  );
}
