import { t } from "@lingui/core/macro";
import type { OrderPartsFragment, OrderStatus } from "../../gql/graphql.ts";
import { formatMoment } from "../../lib/dates.ts";
import { BarCell, longestBar } from "../../ui/BarCell.tsx";
import type { Column } from "../../ui/DataTable.tsx";
import { entityPath, orderPath } from "./entityPath.ts";
import { Amount } from "./metricColumns.tsx";
import { NameCell } from "./NameCell.tsx";
import styles from "./orderColumns.module.css";
import { useReporting } from "./reporting.ts";

export const STATUS_TITLES: Readonly<Record<OrderStatus, string>> = {
  SOLD: t`Sold`,
  PARTLY_REFUNDED: t`Partly refunded`,
  REFUNDED: t`Refunded`,
  CANCELLED: t`Cancelled`,
  CREDIT_NOTE: t`Credit note`,
};

type Row = OrderPartsFragment;

/** For files, whose amounts have no symbol. */
const OWN_CURRENCY: Column<Row> = {
  id: "currency",
  header: t`Currency`,
  value: ({ currency }) => currency,
};

/** What a file of orders has: their columns, and the currency of each. */
export function orderFile<File extends Row>(columns: readonly Column<File>[]) {
  return { columns: [...columns, OWN_CURRENCY], amountsIn: t`as the column says` };
}

/** The columns of a list of orders; amounts are in each order's own currency. */
export function useOrderColumns(rows: readonly Row[]): readonly Column<Row>[] {
  const longest = longestBar(rows.map(({ revenue }) => revenue));
  // Amounts in different currencies cannot be compared.
  const isOneCurrency = new Set(rows.map(({ currency }) => currency)).size === 1;
  const { zone, currency: reportingCurrency } = useReporting();
  const money = (name: "revenue" | "profit", header: string): Column<Row> => ({
    id: name,
    header,
    definition: t`Of the whole order, as it is now: also what came back later`,
    numeric: true,
    isSortable: false,
    value: (row) => row[name],
    // In the order's own currency: only totals are converted.
    render: (row, among) => (
      <Amount value={row[name]} style={{ unit: "money", currency: row.currency }} among={among} />
    ),
  });
  return [
    {
      id: "at",
      header: t`Ordered`,
      isSortable: false,
      value: ({ orderedAt }) => orderedAt,
      render: ({ orderedAt }) => formatMoment(orderedAt, zone),
    },
    {
      id: "key",
      header: t`Order`,
      isName: true,
      isSortable: false,
      value: ({ key }) => key,
      render: (row) => (
        <BarCell value={row.revenue} longest={isOneCurrency ? longest : 0}>
          <NameCell label={row.key} path={orderPath(row.id)} />
        </BarCell>
      ),
    },
    {
      id: "status",
      header: t`Status`,
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
      header: t`Rep`,
      isSortable: false,
      value: ({ rep }) => rep?.name ?? null,
      render: ({ rep }) => rep && <NameCell label={rep.name} path={entityPath("REP", rep.id)} />,
    },
    {
      id: "units",
      header: t`Units`,
      numeric: true,
      isSortable: false,
      value: ({ units }) => units,
      render: ({ units }, among) => (
        <Amount
          value={units}
          style={{ unit: "count", currency: reportingCurrency }}
          among={among}
        />
      ),
    },
    money("revenue", t`Revenue`),
    money("profit", t`Gross profit`),
  ];
}
