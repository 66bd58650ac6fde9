import { todayIn } from "../../lib/dates.ts";
import { RANGE_KEYS } from "../../state/shortcuts.ts";
import { PRESET_TITLES, rangeTitle } from "../../state/titles.ts";
import { useView } from "../../state/useView.ts";
import { PRESETS, type Preset } from "../../state/view.ts";
import { CalendarIcon, ChevronIcon } from "../../ui/icons.tsx";
import { Popover } from "../../ui/Popover.tsx";
import { useReporting } from "../shared/reporting.ts";
import { DateRangeForm } from "./DateRangeForm.tsx";
import styles from "./pickers.module.css";

const KEY_OF = Object.fromEntries(Object.entries(RANGE_KEYS).map(([key, preset]) => [preset, key]));

/** Selects the range: a preset or dates. */
export function RangePicker() {
  const [{ range }, change] = useView();
  const { zone } = useReporting();
  return (
    <Popover
      name="Date range"
      title={rangeTitle(range)}
      label={
        <>
          <CalendarIcon />
          <strong className={styles.range}>{rangeTitle(range)}</strong>
          <ChevronIcon />
        </>
      }
    >
      {(close) => (
        <div className={styles.columns}>
          <ul className={styles.list}>
            {(Object.keys(PRESETS) as Preset[]).map((preset) => (
              <li key={preset}>
                <button
                  type="button"
                  className={styles.option}
                  aria-current={preset === range}
                  onClick={() => {
                    change({ range: preset });
                    close();
                  }}
                >
                  {PRESET_TITLES[preset]}
                  {KEY_OF[preset] && <kbd className={styles.key}>{KEY_OF[preset]}</kbd>}
                </button>
              </li>
            ))}
          </ul>
          <DateRangeForm
            title="Custom dates"
            initial={typeof range === "string" ? null : range}
            today={todayIn(zone, new Date())}
            onApply={(dates) => {
              change({ range: dates });
              close();
            }}
          />
        </div>
      )}
    </Popover>
  );
}
