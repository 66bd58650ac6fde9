import { t } from "@lingui/core/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { OrderDetailsDocument } from "../../gql/graphql.ts";
import { formatMoment } from "../../lib/dates.ts";
import { EntityPage } from "../entity/EntityPage.tsx";
import { entityPath } from "../shared/entityPath.ts";
import { STATUS_TITLES } from "../shared/orderColumns.tsx";
import { useReporting } from "../shared/reporting.ts";
import { ViewLink } from "../shared/ViewLink.tsx";
import { OrderLinesPanel } from "./OrderLinesPanel.tsx";

/** One order: who, when, and its lines. */
export default function OrderPage({ id }: { readonly id: string }) {
  const query = usePanelQuery(OrderDetailsDocument, { id });
  const { zone } = useReporting();
  const order = query.data?.order;
  const customer = order?.customer;
  return (
    <EntityPage
      kind="order"
      parent={{ path: "/orders", title: t`Orders` }}
      query={query}
      name={order ? t`Order ${order.key}` : undefined}
      facts={
        order
          ? [
              `${formatMoment(order.orderedAt, zone)} (${zone})`,
              STATUS_TITLES[order.status],
              customer && (
                <ViewLink path={entityPath("CUSTOMER", customer.id)}>
                  {customer.name ?? t`Customer ${customer.key}`}
                </ViewLink>
              ),
              order.rep && (
                <ViewLink path={entityPath("REP", order.rep.id)}>{order.rep.name}</ViewLink>
              ),
              t`from ${order.source}`,
            ]
          : []
      }
    >
      <OrderLinesPanel query={query} />
    </EntityPage>
  );
}
