import { t } from "@lingui/core/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  EntityFiguresDocument,
  EntityFiguresFragmentDoc,
  type MetricId,
} from "../../gql/graphql.ts";
import { KpiTiles, KpiTilesSkeleton } from "../shared/KpiTile.tsx";
import styles from "../shared/layout.module.css";
import { OrdersLink } from "../shared/OrdersLink.tsx";
import { Panel } from "../shared/Panel.tsx";
import { PeriodLabel } from "../shared/PeriodLabel.tsx";
import { type EntityFilter, entityFilters, salesOf, useEntityVariables } from "./entitySales.ts";

interface EntityKpiPanelProps {
  readonly id: string;
  readonly filter: EntityFilter;
  readonly metrics: readonly MetricId[];
  readonly selected: MetricId;
  readonly onSelect: (metric: MetricId) => void;
}

/** Key figures of one product, customer or rep; a click selects a metric for the page. */
export function EntityKpiPanel(props: EntityKpiPanelProps) {
  const { id, filter, metrics, selected, onSelect } = props;
  const query = usePanelQuery(EntityFiguresDocument, {
    id,
    ...useEntityVariables(),
    metrics: [...metrics],
  });
  const sales = unmask(EntityFiguresFragmentDoc, salesOf(query.data?.node));
  return (
    <Panel
      title={t`Key figures`}
      query={query}
      height={92}
      subtitle={<PeriodLabel {...sales} />}
      tools={
        <OrdersLink
          changes={{ filters: entityFilters(filter, id) }}
        >{t`Orders behind these figures →`}</OrdersLink>
      }
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
