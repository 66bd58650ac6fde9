import { t } from "@lingui/core/macro";
import { formatSpan } from "../../lib/dates.ts";
import { isDetailPath, usePathname } from "../../state/location.ts";
import { useView } from "../../state/useView.ts";
import { hasFilters, NO_FILTERS } from "../../state/view.ts";
import styles from "./Panel.module.css";
import { useReporting } from "./reporting.ts";

interface EmptyRangeProps {
  /** What is missing, without a full stop. */
  readonly what?: string;
}

/** Says that nothing is in the range, or matches the filters there, and offers what shows more. */
export function EmptyRange({ what = t`There are no sales` }: EmptyRangeProps) {
  const [{ range, filters }, change] = useView();
  const { sales, zone } = useReporting();
  const isDetail = isDetailPath(usePathname());
  if (hasFilters(filters) && !isDetail) {
    return (
      <>
        {t`${what} in this range with these filters.`}
        <button
          type="button"
          className={styles.retry}
          onClick={() => change({ filters: NO_FILTERS })}
        >
          {t`Clear filters`}
        </button>
      </>
    );
  }
  if (sales === null || range === "all") return t`${what}.`;
  return (
    <>
      {t`${what} in this range. Sales run from ${formatSpan(sales, zone)}.`}
      <button type="button" className={styles.retry} onClick={() => change({ range: "all" })}>
        {t`Show all`}
      </button>
    </>
  );
}
