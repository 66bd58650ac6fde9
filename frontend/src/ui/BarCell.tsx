import type { ReactNode } from "react";
import { type Decimal, toNumber } from "../lib/decimal.ts";
import styles from "./BarCell.module.css";

interface BarCellProps {
  /** What the bar measures. */
  readonly value: Decimal | null | undefined;
  /** The magnitude of the longest bar; 0 draws none. */
  readonly longest: number;
  readonly children: ReactNode;
}

/** The name of a row over a bar as long as its value. */
export function BarCell({ value, longest, children }: BarCellProps) {
  const share = longest === 0 ? 0 : Math.abs(toNumber(value)) / longest;
  return (
    <span className={styles.cell}>
      <span
        className={styles.bar}
        data-negative={value?.startsWith("-") ?? false}
        style={{ width: `${Math.min(1, share) * 100}%` }}
      />
      <span className={styles.label}>{children}</span>
    </span>
  );
}

/** The magnitude of a table's longest bar. */
export function longestBar(values: readonly (Decimal | null | undefined)[]): number {
  return Math.max(0, ...values.map((value) => Math.abs(toNumber(value))));
}
