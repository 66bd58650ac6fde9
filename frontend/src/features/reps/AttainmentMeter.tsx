import { type Decimal, formatPercent, toCoordinate } from "../../lib/number.ts";
import styles from "./AttainmentMeter.module.css";

/** How much of a quota is sold: the bar ends at the quota, the number goes on. */
export function AttainmentMeter({ ratio }: { readonly ratio: Decimal | null }) {
  if (ratio === null) return <span title="There is no quota">–</span>;
  const share = toCoordinate(ratio);
  return (
    <span className={styles.meter} data-reached={share >= 1}>
      <span className={styles.track} aria-hidden="true">
        <span style={{ width: `${Math.max(0, Math.min(1, share)) * 100}%` }} />
      </span>
      <span className={styles.text}>{formatPercent(share, 0)}</span>
    </span>
  );
}
