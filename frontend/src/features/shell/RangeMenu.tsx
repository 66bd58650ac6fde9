import { todayIn } from "../../lib/dates.ts";
import { RANGE_KEYS } from "../../state/shortcuts.ts";
import { PRESET_TITLES } from "../../state/titles.ts";
import { useView } from "../../state/useView.ts";
import { PRESETS, type Preset } from "../../state/view.ts";
import { useReporting } from "../shared/reporting.ts";
import { DateRangeForm } from "./DateRangeForm.tsx";
import styles from "./pickers.module.css";

const KEY_OF = Object.fromEntries(Object.entries(RANGE_KEYS).map(([key, preset]) => [preset, key]));

/** The presets, and two dates. */
export default function RangeMenu({ onDone }: { readonly onDone: () => void }) {
  const [{ range }, change] = useView();
  const { zone } = useReporting();
  return (
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
                onDone();
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
          onDone();
        }}
      />
    </div>
  );
}
