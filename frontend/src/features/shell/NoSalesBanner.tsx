import { t } from "@lingui/core/macro";
import { formatSpan } from "../../lib/dates.ts";
import { LOCALE } from "../../lib/locale.ts";
import { addDays } from "../../state/rangeDates.ts";
import { useView } from "../../state/useView.ts";
import { useReporting } from "../shared/reporting.ts";
import { calendarOf } from "../shared/useCalendar.ts";
import styles from "./NoSalesBanner.module.css";

const DAYS = 28;

/** Says where the sales are, in place of a page of zeros. */
export default function NoSalesBanner() {
  const [, change] = useView();
  const reporting = useReporting();
  const { sales } = calendarOf(reporting);
  if (sales === null || reporting.sales === null) return null;
  const { to } = sales;
  return (
    <section className={styles.banner} aria-label={t`No sales in this range`}>
      <strong>{t`There are no sales in this range`}</strong>
      <span>{t`Sales run from ${formatSpan(reporting.sales, reporting.zone)}.`}</span>
      <span className={styles.actions}>
        <button
          type="button"
          onClick={() => change({ range: { from: addDays(to, 1 - DAYS), to } })}
        >
          {t`Last ${DAYS.toLocaleString(LOCALE)} days of data`}
        </button>
        <button type="button" onClick={() => change({ range: "all" })}>{t`All time`}</button>
      </span>
    </section>
  );
}
