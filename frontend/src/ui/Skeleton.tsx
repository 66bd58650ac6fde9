import { t } from "@lingui/core/macro";
import styles from "./Skeleton.module.css";

/** A placeholder while content is loading. `height` in pixels. */
export function Skeleton({ height }: { readonly height: number }) {
  return (
    <div className={styles.skeleton} style={{ height }} role="status" data-loading>
      <span className="visually-hidden">{t`Loading…`}</span>
    </div>
  );
}
