import { todayIn } from "../../lib/dates.ts";
import { monthsOf } from "../../state/rangeDates.ts";
import { COMPARISON_TITLES } from "../../state/titles.ts";
import { useView } from "../../state/useView.ts";
import { COMPARISONS } from "../../state/view.ts";
import { useReporting } from "../shared/reporting.ts";
import { DateRangeForm } from "./DateRangeForm.tsx";
import styles from "./pickers.module.css";

/** What a period can be compared with. */
export default function ComparisonMenu({ onDone }: { readonly onDone: () => void }) {
  const [{ comparison, range }, change] = useView();
  const { zone } = useReporting();
  const isOfMonths = monthsOf(range) > 0;
  const canMatchWeekdays =
    !isOfMonths && (comparison.to === "previous" || comparison.to === "year");
  return (
    <div className={styles.columns}>
      <div>
        <ul className={styles.list}>
          {COMPARISONS.map((to) => (
            <li key={to}>
              <button
                type="button"
                className={styles.option}
                aria-current={to === comparison.to}
                onClick={() => {
                  change({ comparison: { ...comparison, to } });
                  onDone();
                }}
              >
                {COMPARISON_TITLES[to]}
                {to === "off" && <kbd className={styles.key}>x</kbd>}
              </button>
            </li>
          ))}
        </ul>
        <label className={styles.check}>
          <input
            type="checkbox"
            checked={comparison.matchWeekdays && canMatchWeekdays}
            disabled={!canMatchWeekdays}
            onChange={(event) =>
              change({ comparison: { ...comparison, matchWeekdays: event.target.checked } })
            }
          />
          <span>
            Match weekdays
            <small>
              {isOfMonths
                ? "Calendar months compare with whole months"
                : "Compare Mondays with Mondays"}
            </small>
          </span>
        </label>
      </div>
      <DateRangeForm
        title="Compare with"
        initial={typeof comparison.to === "string" ? null : comparison.to}
        today={todayIn(zone, new Date())}
        onApply={(dates) => {
          change({ comparison: { to: dates, matchWeekdays: false } });
          onDone();
        }}
      />
    </div>
  );
}
