import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { CustomerProfileDocument, type MetricId } from "../../gql/graphql.ts";
import { useChoice } from "../../state/location.ts";
import { EntityBreakdownPanel } from "../entity/EntityBreakdownPanel.tsx";
import { EntityCoursePanel } from "../entity/EntityCoursePanel.tsx";
import { EntityFiguresPanel } from "../entity/EntityFiguresPanel.tsx";
import { EntityPage } from "../entity/EntityPage.tsx";
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

/** One customer: what they are worth, how they buy, and every order. */
export default function CustomerPage({ id }: { readonly id: string }) {
  const [metric, choose] = useChoice<MetricId>("metric", METRICS);
  const query = usePanelQuery(CustomerProfileDocument, { id });
  const customer = query.data?.customer;
  return (
    <EntityPage
      kind="customer"
      parent={{ path: "/customers", title: "Customers" }}
      query={query}
      name={customer ? customerName(customer) : undefined}
      facts={customer ? [customer.name && customer.key, customer.country, customer.email] : []}
    >
      <ProfilePanel query={query} />
      <EntityFiguresPanel id={id} metrics={METRICS} chosen={metric} onChoose={choose} />
      <div className={layout.halves}>
        <EntityCoursePanel id={id} metric={metric} />
        <EntityBreakdownPanel id={id} dimensions={["PRODUCT", "CATEGORY", "REP"]} metric={metric} />
      </div>
      <OrdersPanel key={id} id={id} />
    </EntityPage>
  );
}
