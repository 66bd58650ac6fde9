import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  EntityFiguresDocument,
  EntityFiguresFragmentDoc,
  type MetricId,
} from "../../gql/graphql.ts";
import { KpiTile, KpiTilesSkeleton } from "../shared/KpiTile.tsx";
import styles from "../shared/layout.module.css";
import { Panel } from "../shared/Panel.tsx";
import { PeriodLine } from "../shared/PeriodLine.tsx";
import { salesOf, useEntityVariables } from "./sales.ts";

interface EntityFiguresPanelProps {
  readonly id: string;
  readonly metrics: readonly MetricId[];
  readonly chosen: MetricId;
  readonly onChoose: (metric: MetricId) => void;
}

/** The figures of one member in the range; a click on one makes the page about it. */
export function EntityFiguresPanel({ id, metrics, chosen, onChoose }: EntityFiguresPanelProps) {
  const query = usePanelQuery(EntityFiguresDocument, {
    id,
    ...useEntityVariables(),
    metrics: [...metrics],
  });
  const sales = unmask(EntityFiguresFragmentDoc, salesOf(query.data?.node));
  return (
    <Panel
      title="Key figures"
      query={query}
      height={92}
      subtitle={<PeriodLine {...sales} />}
      skeleton={
        <div className={styles.tiles}>
          <KpiTilesSkeleton metrics={metrics} />
        </div>
      }
    >
      {() => (
        <div className={styles.tiles}>
          {metrics.map((metric, index) => {
            const figure = sales?.kpis[index];
            return (
              figure && (
                <KpiTile
                  key={metric}
                  metric={metric}
                  figure={figure}
                  choice={{ isChosen: metric === chosen, onChoose: () => onChoose(metric) }}
                />
              )
            );
          })}
        </div>
      )}
    </Panel>
  );
}
