import { DownIcon, UpIcon } from "../../ui/icons.tsx";
import styles from "./RankCell.module.css";

interface RankCellProps {
  /** `null` where the row has nothing to be ranked by. */
  readonly rank: number | null;
  readonly isTied?: boolean;
  /** Place in the compared period; `null` where there was none. */
  readonly previousRank: number | null;
  readonly isCompared: boolean;
}

/** A place, and how many places were won or lost since the compared period. */
export function RankCell({ rank, isTied = false, previousRank, isCompared }: RankCellProps) {
  return (
    <span className={styles.cell}>
      <span className={styles.rank}>
        {rank ?? "–"}
        {isTied && <span title="Shared with others">=</span>}
      </span>
      {isCompared && rank !== null && (
        <Change places={previousRank === null ? null : previousRank - rank} />
      )}
    </span>
  );
}

function Change({ places }: { readonly places: number | null }) {
  if (places === null) return <span className={styles.change}>new</span>;
  if (places === 0) {
    return (
      <span className={styles.change} title="Same place as before">
        –
      </span>
    );
  }
  const won = places > 0;
  const size = Math.abs(places);
  return (
    <span
      className={styles.change}
      data-verdict={won ? "GOOD" : "BAD"}
      title={`${won ? "Won" : "Lost"} ${size} ${size === 1 ? "place" : "places"}`}
    >
      {won ? <UpIcon /> : <DownIcon />}
      {size}
    </span>
  );
}
