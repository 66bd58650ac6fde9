import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import type { Among } from "../../lib/columnFormat.ts";
import type { View } from "../../state/view.ts";
import type { Column } from "../../ui/DataTable.tsx";
import styles from "./OrdersLink.module.css";
import { ViewLink } from "./ViewLink.tsx";

interface OrdersLinkProps {
  /** What the orders are of besides the view. */
  readonly changes?: Partial<View>;
  readonly children: ReactNode;
}

/** A figure that opens the orders behind it. */
export function OrdersLink({ changes = {}, children }: OrdersLinkProps) {
  return (
    <ViewLink path="/orders" changes={changes} className={styles.link} title={t`Show its orders`}>
      {children}
    </ViewLink>
  );
}

/** The same columns; the value of the period opens the orders of its row. */
export function withOrders<Row>(
  columns: readonly Column<Row>[],
  ordersOf: (row: Row) => Partial<View>,
): readonly Column<Row>[] {
  return columns.map((column) =>
    column.id === "current"
      ? {
          ...column,
          render: (row: Row, among: Among) => (
            <OrdersLink changes={ordersOf(row)}>{column.render?.(row, among) ?? "–"}</OrdersLink>
          ),
        }
      : column,
  );
}
