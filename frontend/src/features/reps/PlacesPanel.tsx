import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { type FragmentType, unmask } from "../../gql/fragment-masking.ts";
import { RepPlacesFragmentDoc, RepRankDocument } from "../../gql/graphql.ts";
import { useEntityVariables } from "../entity/sales.ts";
import { Panel } from "../shared/Panel.tsx";
import { RankCell } from "../shared/RankCell.tsx";
import styles from "./PlacesPanel.module.css";

/** Places that one answer brings: the API gives no more at once. */
const FETCHED = 100;

const TITLES = [
  ["revenue", "By revenue"],
  ["profit", "By gross profit"],
  ["orders", "By orders"],
  ["attainment", "By attainment"],
] as const;

/** The rep's place among all reps in the range, and whether it was better before. */
export function PlacesPanel({ id }: { readonly id: string }) {
  const query = usePanelQuery(RepRankDocument, { ...useEntityVariables(), first: FETCHED });
  return (
    <Panel
      title="Place"
      subtitle="Among all reps in the range"
      query={query}
      height={300}
      skeleton={
        <dl className={styles.places}>
          {TITLES.map(([name, title]) => (
            <Place key={name} id={id} title={title} places={null} isCompared={false} />
          ))}
        </dl>
      }
    >
      {({ reps }) => (
        <dl className={styles.places}>
          {TITLES.map(([name, title]) => (
            <Place
              key={name}
              id={id}
              title={title}
              places={reps[name]}
              isCompared={reps.comparison !== null}
            />
          ))}
        </dl>
      )}
    </Panel>
  );
}

interface PlaceProps {
  readonly id: string;
  readonly title: string;
  /** `null` before the first answer. */
  readonly places: FragmentType<typeof RepPlacesFragmentDoc> | null;
  readonly isCompared: boolean;
}

function Place({ id, title, places: masked, isCompared }: PlaceProps) {
  const places = unmask(RepPlacesFragmentDoc, masked);
  const row = places?.nodes.find(({ rep }) => rep.id === id);
  const ranked = places?.nodes.filter(({ rank }) => rank !== null).length ?? 0;
  return (
    <div className={styles.place}>
      <dt>{title}</dt>
      <dd>
        {row ? (
          <>
            <RankCell {...row} isCompared={isCompared} />
            <span className={styles.of}>{row.rank === null ? "no quota" : `of ${ranked}`}</span>
          </>
        ) : (
          <span className={styles.of}>{placeText(places?.nodes.length)}</span>
        )}
      </dd>
    </div>
  );
}

/** What to say of a rep who is not among the places that were read. */
function placeText(count: number | undefined): string {
  if (count === undefined) return "…";
  return count < FETCHED ? "nothing sold" : `beyond ${FETCHED}`;
}
