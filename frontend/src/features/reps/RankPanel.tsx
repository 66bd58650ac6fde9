import { t } from "@lingui/core/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { type FragmentType, unmask } from "../../gql/fragment-masking.ts";
import { RepPlacesFragmentDoc, RepRankDocument } from "../../gql/graphql.ts";
import { LOCALE } from "../../lib/locale.ts";
import { useEntityVariables } from "../entity/entitySales.ts";
import { Panel } from "../shared/Panel.tsx";
import { RankCell } from "../shared/RankCell.tsx";
import styles from "./RankPanel.module.css";

/** Rows of one query: the API's maximum. */
const FETCHED_ROWS = 100;

const TITLES = [
  ["revenue", t`By revenue`],
  ["profit", t`By gross profit`],
  ["orders", t`By orders`],
  ["attainment", t`By attainment`],
] as const;

/** The rep's rank among all reps in the range, and its change. */
export function RankPanel({ id }: { readonly id: string }) {
  const query = usePanelQuery(RepRankDocument, { ...useEntityVariables(), first: FETCHED_ROWS });
  return (
    <Panel
      title={t`Place`}
      subtitle={t`Among all reps in the range`}
      query={query}
      height={300}
      skeleton={
        <dl className={styles.ranks}>
          {TITLES.map(([name, title]) => (
            <MetricRank key={name} id={id} title={title} leaderboard={null} isCompared={false} />
          ))}
        </dl>
      }
    >
      {({ reps }) => (
        <dl className={styles.ranks}>
          {TITLES.map(([name, title]) => (
            <MetricRank
              key={name}
              id={id}
              title={title}
              leaderboard={reps[name]}
              isCompared={reps.comparison !== null}
            />
          ))}
        </dl>
      )}
    </Panel>
  );
}

interface MetricRankProps {
  readonly id: string;
  readonly title: string;
  /** `null` before the first result. */
  readonly leaderboard: FragmentType<typeof RepPlacesFragmentDoc> | null;
  readonly isCompared: boolean;
}

function MetricRank({ id, title, leaderboard: masked, isCompared }: MetricRankProps) {
  const leaderboard = unmask(RepPlacesFragmentDoc, masked);
  const row = leaderboard?.nodes.find(({ rep }) => rep.id === id);
  const ranked = leaderboard?.nodes.filter(({ rank }) => rank !== null).length ?? 0;
  return (
    <div className={styles.rank}>
      <dt>{title}</dt>
      <dd>
        {row ? (
          <>
            <RankCell {...row} isCompared={isCompared} />
            <span className={styles.of}>
              {row.rank === null ? t`no quota` : t`of ${ranked.toLocaleString(LOCALE)}`}
            </span>
          </>
        ) : (
          <span className={styles.of}>{missingRankText(leaderboard?.nodes.length)}</span>
        )}
      </dd>
    </div>
  );
}

/** The text for a rep without a row in the result. */
function missingRankText(count: number | undefined): string {
  if (count === undefined) return "…";
  return count < FETCHED_ROWS ? t`nothing sold` : t`beyond ${FETCHED_ROWS.toLocaleString(LOCALE)}`;
}
