import { t } from "@lingui/core/macro";
import { type Decimal, toNumber } from "../../lib/decimal.ts";
import { formatPercent } from "../../lib/numberFormat.ts";
import styles from "./AttainmentMeter.module.css";

/** Revenue as a share of the quota; the bar stops at 100 %, the number does not. */
export function AttainmentMeter({ ratio }: { readonly ratio: Decimal | null }) {
  if (ratio === null) return <span title={t`There is no quota`}>–</span>;
  const share = toNumber(ratio);
  return (
    <span className={styles.meter} data-reached={share >= 1}>
      <span className={styles.track} aria-hidden="true">
        <span style={{ width: `${Math.max(0, Math.min(1, share)) * 100}%` }} />
      </span>
      <span className={styles.text}>{formatPercent(share, 0)}</span>
    </span>
  );
}
