import { t } from "@lingui/core/macro";
import { FILTER_TITLES } from "../../state/titles.ts";
import { useView } from "../../state/useView.ts";
import {
  FILTERS,
  type FilterName,
  hasFilters,
  NO_FILTERS,
  toggleFilter,
} from "../../state/view.ts";
import { BookmarkIcon, CloseIcon } from "../../ui/icons.tsx";
import { useOpenDialog } from "../shared/dialogs.ts";
import { useFilterLabel } from "../shared/filterLabels.ts";
import { AddFilter } from "./AddFilter.tsx";
import { ComparisonPicker } from "./ComparisonPicker.tsx";
import styles from "./FilterBar.module.css";
import { RangePicker } from "./RangePicker.tsx";
import { ZonePicker } from "./ZonePicker.tsx";

interface FilterBarProps {
  /** Detail pages ignore the filters. */
  readonly canFilter: boolean;
}

/** The controls of the view: range, comparison, filters and time zone. */
export function FilterBar({ canFilter }: FilterBarProps) {
  const [{ filters }, change] = useView();
  const openDialog = useOpenDialog();
  return (
    <search className={styles.bar} aria-label={t`Range, comparison and filters`}>
      <RangePicker />
      <ComparisonPicker />
      {canFilter && (
        <>
          <AddFilter />
          {FILTERS.flatMap((name) =>
            filters[name].map((id) => <Chip key={`${name}-${id}`} name={name} id={id} />),
          )}
          {hasFilters(filters) && (
            <button
              type="button"
              className={styles.clear}
              title={t`Esc`}
              onClick={() => change({ filters: NO_FILTERS })}
            >{t`Clear filters`}</button>
          )}
        </>
      )}
      <div className={styles.end}>
        <button
          type="button"
          data-screen-only
          className={styles.views}
          aria-haspopup="dialog"
          title={t`Saved views`}
          onClick={() => openDialog("views")}
        >
          <BookmarkIcon /> <span className="wide-only">{t`Views`}</span>
        </button>
        <ZonePicker />
      </div>
    </search>
  );
}

function Chip({ name, id }: { readonly name: FilterName; readonly id: string }) {
  const [{ filters }, change] = useView();
  const label = useFilterLabel(name, id);
  return (
    <span className={styles.chip}>
      <span className={styles.dimension}>{FILTER_TITLES[name]}</span>
      {label}
      <button
        type="button"
        className={styles.remove}
        aria-label={t`Remove the filter ${FILTER_TITLES[name]} ${label}`}
        onClick={() => change({ filters: toggleFilter(filters, name, id) })}
      >
        <CloseIcon />
      </button>
    </span>
  );
}
