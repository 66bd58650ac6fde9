import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  EntityFiguresDocument,
  EntityFiguresFragmentDoc,
  type MetricId,
} from "../../gql/graphql.ts";
import { KpiTiles, KpiTilesSkeleton } from "../shared/KpiTile.tsx";
import styles from "../shared/layout.module.css";
import { Panel } from "../shared/Panel.tsx";
import { PeriodLabel } from "../shared/PeriodLabel.tsx";
import { salesOf, useEntityVariables } from "./entitySales.ts";

interface EntityKpiPanelProps {
  readonly id: string;
  readonly metrics: readonly MetricId[];
  readonly selected: MetricId;
  readonly onSelect: (metric: MetricId) => void;
}

/** Key figures of one product, customer or rep; a click selects a metric for the page. */
export function EntityKpiPanel({ id, metrics, selected, onSelect }: EntityKpiPanelProps) {
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
      subtitle={<PeriodLabel {...sales} />}
      skeleton={
        <div className={styles.tiles}>
          <KpiTilesSkeleton metrics={metrics} />
        </div>
      }
    >
      {() => (
        <div className={styles.tiles}>
          <KpiTiles
            metrics={metrics}
            figures={sales?.kpis ?? []}
            selected={selected}
            onSelect={onSelect}
          />
        </div>
      )}
    </Panel>
  );
}
