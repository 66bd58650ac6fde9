import { t } from "@lingui/core/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { type MetricId, ProductProfileDocument } from "../../gql/graphql.ts";
import { formatExact } from "../../lib/numberFormat.ts";
import { useEnumParam } from "../../state/location.ts";
import { EntityBreakdownPanel } from "../entity/EntityBreakdownPanel.tsx";
import { EntityKpiPanel } from "../entity/EntityKpiPanel.tsx";
import { EntityPage } from "../entity/EntityPage.tsx";
import { EntityTimeSeriesPanel } from "../entity/EntityTimeSeriesPanel.tsx";
import layout from "../shared/layout.module.css";
import { useReporting } from "../shared/reporting.ts";
import { PairsPanel } from "./PairsPanel.tsx";

const METRICS = [
  "REVENUE",
  "PROFIT",
  "MARGIN",
  "UNITS",
  "ORDERS",
  "RETURN_RATE",
  "DISCOUNTS",
] as const satisfies readonly MetricId[];

/** One product: key figures over time, its customers, and products bought with it. */
export default function ProductPage({ id }: { readonly id: string }) {
  const [metric, setMetric] = useEnumParam<MetricId>("metric", METRICS);
  const query = usePanelQuery(ProductProfileDocument, { id });
  const { currency } = useReporting();
  const product = query.data?.product;
  const price = (name: string, value: string | null) =>
    value === null ? null : `${name} ${formatExact(value, { unit: "money", currency })}`;
  return (
    <EntityPage
      kind="product"
      parent={{ path: "/products", title: t`Products` }}
      query={query}
      name={product?.name}
      facts={
        product
          ? [
              product.sku,
              product.category?.name,
              price(t`list price`, product.listPrice),
              price(t`unit cost`, product.unitCost),
            ]
          : []
      }
    >
      <EntityKpiPanel
        id={id}
        filter="product"
        metrics={METRICS}
        selected={metric}
        onSelect={setMetric}
      />
      <EntityTimeSeriesPanel id={id} filter="product" metric={metric} />
      <div className={layout.halves}>
        <EntityBreakdownPanel
          filter="product"
          id={id}
          dimensions={["CUSTOMER", "SEGMENT", "REP", "REGION", "CHANNEL"]}
          metric={metric}
        />
        <PairsPanel product={id} />
      </div>
    </EntityPage>
  );
}
