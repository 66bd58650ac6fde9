import type { ReactNode } from "react";
import styles from "./BarCell.module.css";

interface BarCellProps {
  /** Length as a part of the longest, 0 to 1. */
  readonly share: number;
  readonly isNegative?: boolean;
  readonly children: ReactNode;
}

/** The name of a row on a bar as long as its value. */
export function BarCell({ share, isNegative = false, children }: BarCellProps) {
  return (
    <span className={styles.cell}>
      <span
        className={styles.bar}
        data-negative={isNegative}
        style={{ width: `${Math.max(0, Math.min(1, share)) * 100}%` }}
      />
      <span className={styles.label}>{children}</span>
    </span>
  );
}
