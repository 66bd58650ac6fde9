import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { CustomerKpisDocument, type MetricId } from "../../gql/graphql.ts";
import { KpiTile, KpiTilesSkeleton } from "../shared/KpiTile.tsx";
import styles from "../shared/layout.module.css";
import { Panel } from "../shared/Panel.tsx";
import { PeriodLine } from "../shared/PeriodLine.tsx";
import { useAreaVariables } from "../shared/variables.ts";

const METRICS: MetricId[] = [
  "CUSTOMERS",
  "NEW_CUSTOMERS",
  "RETURNING_CUSTOMERS",
  "REVENUE_PER_CUSTOMER",
  "ORDERS",
  "AVERAGE_ORDER_VALUE",
];

/** How many customers there were, and what they were worth. */
export function CustomerKpiPanel() {
  const query = usePanelQuery(CustomerKpisDocument, { ...useAreaVariables(), metrics: METRICS });
  return (
    <Panel
      title="Customers"
      query={query}
      height={84}
      skeleton={
        <div className={styles.tiles}>
          <KpiTilesSkeleton metrics={METRICS} />
        </div>
      }
      subtitle={<PeriodLine {...query.data?.customers} />}
    >
      {({ customers }) => (
        <div className={styles.tiles}>
          {METRICS.map((metric, index) => {
            const figure = customers.kpis[index];
            return figure && <KpiTile key={metric} metric={metric} figure={figure} />;
          })}
        </div>
      )}
    </Panel>
  );
}
