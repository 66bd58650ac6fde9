import { plural, t } from "@lingui/core/macro";
import { LOCALE } from "../../lib/locale.ts";
import { DownIcon, UpIcon } from "../../ui/icons.tsx";
import styles from "./RankCell.module.css";

interface RankCellProps {
  /** `null` where the row has no value to rank by. */
  readonly rank: number | null;
  readonly isTied?: boolean;
  /** The rank in the compared period; `null` if it had none. */
  readonly previousRank: number | null;
  readonly isCompared: boolean;
}

/** A rank and its change since the compared period. */
export function RankCell({ rank, isTied = false, previousRank, isCompared }: RankCellProps) {
  return (
    <span className={styles.cell}>
      <span className={styles.rank}>
        {rank?.toLocaleString(LOCALE) ?? "–"}
        {isTied && <span title={t`Shared with others`}>=</span>}
      </span>
      {isCompared && rank !== null && (
        <Change places={previousRank === null ? null : previousRank - rank} />
      )}
    </span>
  );
}

function Change({ places }: { readonly places: number | null }) {
  if (places === null) return <span className={styles.change}>{t`new`}</span>;
  if (places === 0) {
    return (
      <span className={styles.change} title={t`Same place as before`}>
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
      title={
        won
          ? plural(size, { one: "Won # place", other: "Won # places" })
          : plural(size, { one: "Lost # place", other: "Lost # places" })
      }
    >
      {won ? <UpIcon /> : <DownIcon />}
      {size.toLocaleString(LOCALE)}
    </span>
  );
}
