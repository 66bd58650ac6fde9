import { t } from "@lingui/core/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { CustomerProfileDocument, type MetricId } from "../../gql/graphql.ts";
import { useEnumParam } from "../../state/location.ts";
import { EntityBreakdownPanel } from "../entity/EntityBreakdownPanel.tsx";
import { EntityKpiPanel } from "../entity/EntityKpiPanel.tsx";
import { EntityPage } from "../entity/EntityPage.tsx";
import { EntityTimeSeriesPanel } from "../entity/EntityTimeSeriesPanel.tsx";
import layout from "../shared/layout.module.css";
import { customerName } from "./customerName.ts";
import { OrdersPanel } from "./OrdersPanel.tsx";
import { ProfilePanel } from "./ProfilePanel.tsx";

const METRICS = [
  "REVENUE",
  "ORDERS",
  "AVERAGE_ORDER_VALUE",
  "UNITS",
  "PROFIT",
  "MARGIN",
] as const satisfies readonly MetricId[];

/** One customer: lifetime value, key figures, and every order. */
export default function CustomerPage({ id }: { readonly id: string }) {
  const [metric, setMetric] = useEnumParam<MetricId>("metric", METRICS);
  const query = usePanelQuery(CustomerProfileDocument, { id });
  const customer = query.data?.customer;
  return (
    <EntityPage
      kind="customer"
      parent={{ path: "/customers", title: t`Customers` }}
      query={query}
      name={customer ? customerName(customer) : undefined}
      facts={customer ? [customer.name && customer.key, customer.country, customer.email] : []}
    >
      <ProfilePanel query={query} />
      <EntityKpiPanel
        id={id}
        filter="customer"
        metrics={METRICS}
        selected={metric}
        onSelect={setMetric}
      />
      <div className={layout.halves}>
        <EntityTimeSeriesPanel id={id} filter="customer" metric={metric} />
        <EntityBreakdownPanel
          id={id}
          filter="customer"
          dimensions={["PRODUCT", "CATEGORY", "REP"]}
          metric={metric}
        />
      </div>
      <OrdersPanel key={id} id={id} />
    </EntityPage>
  );
}
