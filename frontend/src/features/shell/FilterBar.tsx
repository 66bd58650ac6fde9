import { FILTER_TITLES } from "../../state/titles.ts";
import { useView } from "../../state/useView.ts";
import {
  FILTERS,
  type FilterName,
  hasFilters,
  NO_FILTERS,
  toggleFilter,
} from "../../state/view.ts";
import { CloseIcon } from "../../ui/icons.tsx";
import { AddFilter } from "./AddFilter.tsx";
import { ComparisonPicker } from "./ComparisonPicker.tsx";
import styles from "./FilterBar.module.css";
import { useFilterLabels } from "./filterLabels.ts";
import { RangePicker } from "./RangePicker.tsx";
import { ZonePicker } from "./ZonePicker.tsx";

/** Everything that decides what the page is about, in one line. */
export function FilterBar() {
  const [{ filters }, change] = useView();
  return (
    <search className={styles.bar} aria-label="Range, comparison and filters">
      <RangePicker />
      <ComparisonPicker />
      <AddFilter />
      {FILTERS.map((name) => (
        <Chips key={name} name={name} />
      ))}
      {hasFilters(filters) && (
        <button
          type="button"
          className={styles.clear}
          title="Esc"
          onClick={() => change({ filters: NO_FILTERS })}
        >
          Clear filters
        </button>
      )}
      <div className={styles.end}>
        <ZonePicker />
      </div>
    </search>
  );
}

function Chips({ name }: { readonly name: FilterName }) {
  const [{ filters }, change] = useView();
  const chosen = useFilterLabels(name, filters[name]);
  return chosen.map(({ id, label }) => (
    <span key={id} className={styles.chip}>
      <span className={styles.dimension}>{FILTER_TITLES[name]}</span>
      {label}
      <button
        type="button"
        className={styles.remove}
        aria-label={`Remove the filter ${FILTER_TITLES[name]} ${label}`}
        onClick={() => change({ filters: toggleFilter(filters, name, id) })}
      >
        <CloseIcon />
      </button>
    </span>
  ));
}
