import { t } from "@lingui/core/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { CustomerKpisDocument, type MetricId } from "../../gql/graphql.ts";
import { KpiTiles, KpiTilesSkeleton } from "../shared/KpiTile.tsx";
import styles from "../shared/layout.module.css";
import { Panel } from "../shared/Panel.tsx";
import { PeriodLabel } from "../shared/PeriodLabel.tsx";
import { useViewVariables } from "../shared/viewVariables.ts";

const METRICS: MetricId[] = [
  "CUSTOMERS",
  "NEW_CUSTOMERS",
  "RETURNING_CUSTOMERS",
  "REVENUE_PER_CUSTOMER",
  "ORDERS",
  "AVERAGE_ORDER_VALUE",
];

/** The number of customers and their value. */
export function CustomerKpiPanel() {
  const query = usePanelQuery(CustomerKpisDocument, { ...useViewVariables(), metrics: METRICS });
  return (
    <Panel
      title={t`Customers`}
      query={query}
      height={84}
      skeleton={
        <div className={styles.tiles}>
          <KpiTilesSkeleton metrics={METRICS} />
        </div>
      }
      subtitle={<PeriodLabel {...query.data?.customers} />}
    >
      {({ customers }) => (
        <div className={styles.tiles}>
          <KpiTiles metrics={METRICS} figures={customers.kpis} />
        </div>
      )}
    </Panel>
  );
}
