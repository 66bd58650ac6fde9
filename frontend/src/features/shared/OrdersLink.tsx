import type { ReactNode } from "react";
import type { View } from "../../state/view.ts";
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
    <ViewLink path="/orders" changes={changes} className={styles.link} title="Show its orders">
      {children}
    </ViewLink>
  );
}
