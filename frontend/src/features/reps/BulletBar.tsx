import { t } from "@lingui/core/macro";
import { formatPercent } from "../../lib/numberFormat.ts";
import styles from "./BulletBar.module.css";

interface BulletBarProps {
  /** What is attained: 1 is the whole quota; `null` without a quota. */
  readonly attained: number | null;
  /** What will be attained at the end; left out where it is unknown. */
  readonly expected?: number | null;
  /** Where the bar ends, the same for all that are compared; above 1. */
  readonly scale: number;
  /** Takes the room of a table that has little else to show. */
  readonly isWide?: boolean;
}

/** A bullet chart: what is attained on the way to the quota, a line, and what is expected. */
export function BulletBar({ attained, expected = null, scale, isWide = false }: BulletBarProps) {
  if (attained === null) return <span title={t`There is no quota`}>–</span>;
  const place = (share: number) => `${Math.max(0, Math.min(1, share / scale)) * 100}%`;
  return (
    <span
      className={styles.bullet}
      data-reached={attained >= 1}
      data-wide={isWide}
      title={expected === null ? undefined : t`About ${formatPercent(expected, 0)} at the end`}
    >
      <span className={styles.track} aria-hidden="true">
        {expected !== null && (
          <span className={styles.expected} style={{ width: place(expected) }} />
        )}
        <span className={styles.attained} style={{ width: place(attained) }} />
        <span className={styles.target} style={{ insetInlineStart: place(1) }} />
      </span>
      <span className={styles.text}>{formatPercent(attained, 0)}</span>
    </span>
  );
}

/** The end of the bars of some quotients: a little above the highest, and above the quota. */
export function bulletScale(ratios: readonly (number | null)[]): number {
  return Math.max(1.15, ...ratios.map((ratio) => (ratio ?? 0) * 1.05));
}
