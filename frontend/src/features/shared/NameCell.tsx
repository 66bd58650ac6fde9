import { t } from "@lingui/core/macro";
import { FilterIcon } from "../../ui/icons.tsx";
import styles from "./NameCell.module.css";
import { ViewLink } from "./ViewLink.tsx";

interface NameCellProps {
  readonly label: string;
  /** A longer name, shown on hover. */
  readonly title?: string;
  /** The path of its detail page; without one, the name itself filters. */
  readonly path?: string | null;
  /** Filters the page by it; `null` where rows do not filter. */
  readonly onFilter?: (() => void) | null;
}

/** The name of a row, with a link to its detail page and a filter button. */
export function NameCell({ label, title = label, path = null, onFilter = null }: NameCellProps) {
  if (path === null) {
    return onFilter === null ? (
      <span title={title}>{label}</span>
    ) : (
      <button type="button" title={t`Filter by ${title}`} onClick={onFilter}>
        {label}
      </button>
    );
  }
  return (
    <span className={styles.cell}>
      <ViewLink path={path} title={title} className={styles.link}>
        {label}
      </ViewLink>
      {onFilter !== null && (
        <button
          type="button"
          className={styles.filter}
          title={t`Filter by ${title}`}
          aria-label={t`Filter by ${label}`}
          onClick={onFilter}
        >
          <FilterIcon />
        </button>
      )}
    </span>
  );
}
