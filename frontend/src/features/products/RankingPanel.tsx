import { t } from "@lingui/core/macro";
import { saveExport } from "../../api/saveExport.ts";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import {
  type MetricId,
  ProductRankingDocument,
  type ProductRankingQuery,
} from "../../gql/graphql.ts";
import { useEnumParam } from "../../state/location.ts";
import { useView } from "../../state/useView.ts";
import type { Column } from "../../ui/DataTable.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { entityPath } from "../shared/entityPath.ts";
import { ListTable } from "../shared/ListTable.tsx";
import { MetricPicker } from "../shared/MetricPicker.tsx";
import { metricColumns, valueColumn } from "../shared/metricColumns.tsx";
import { withOrders } from "../shared/OrdersLink.tsx";
import { Panel } from "../shared/Panel.tsx";
import { PeriodLabel } from "../shared/PeriodLabel.tsx";
import { rankColumns } from "../shared/rankColumns.tsx";
import { useMetric } from "../shared/reporting.ts";
import { isListOrder, listFile, useList } from "../shared/useList.ts";
import { useToggleFilter } from "../shared/useToggleFilter.ts";
import { useViewVariables } from "../shared/viewVariables.ts";

const METRICS = ["REVENUE", "PROFIT", "UNITS", "ORDERS", "MARGIN", "RETURN_RATE"] as const;
/** Shown after the ranking metric. */
const OTHER_METRICS = [
  "REVENUE",
  "PROFIT",
  "MARGIN",
  "UNITS",
] as const satisfies readonly MetricId[];
const PAGE_ROWS = 12;

type Row = ProductRankingQuery["products"]["ranking"]["nodes"][number];

/** Products by rank in the selected metric. */
export function RankingPanel() {
  const [by, setBy] = useEnumParam("rank", METRICS);
  const toggleFilter = useToggleFilter();
  const others = OTHER_METRICS.filter((metric) => metric !== by);
  const view = useViewVariables();
  const [{ filters }] = useView();
  const list = useList({ param: "rank", metric: by, others, pageSize: PAGE_ROWS, of: view });
  const variables = { ...view, ...list.variables, metrics: [by, ...others] };
  const query = usePanelQuery(ProductRankingDocument, variables);
  const metricOf = useMetric();
  const rows = query.data?.products.ranking.nodes ?? [];
  const isCompared = query.data?.products.comparison != null;
  const figures = (row: Row) => row.figures;

  const columns: readonly Column<Row>[] = [
    ...rankColumns<Row>({
      rows,
      metric: by,
      isCompared,
      header: t`Product`,
      name: ({ product }) => ({
        label: product.name,
        title: `${product.name} (${product.sku})`,
        path: entityPath("PRODUCT", product.id),
        onFilter: () => toggleFilter("product", product.id, product.name),
      }),
    }),
    ...withOrders(metricColumns<Row>({ ...metricOf(by), figures, isCompared }), ({ product }) => ({
      filters: { ...filters, product: [product.id] },
    })),
    ...others.map((metric) => valueColumn<Row>({ ...metricOf(metric), figures })),
  ];

  return (
    <Panel
      title={t`Products`}
      query={query}
      height={489}
      subtitle={<PeriodLabel {...query.data?.products} />}
      empty={() =>
        rows.length || list.search ? null : <EmptyRange what={t`No product was sold`} />
      }
      tools={
        <>
          <MetricPicker name={t`Rank by`} metrics={METRICS} value={by} onChange={setBy} />
          <ExportButton
            file={t`Products`}
            label={t`products`}
            columns={columns}
            rows={rows}
            onSave={(format) =>
              saveExport(
                "sales",
                {
                  ...view,
                  ...listFile(list),
                  by: "PRODUCT",
                  metrics: variables.metrics,
                  // A ranking has no place for sales without one.
                  membersOnly: true,
                },
                format,
              )
            }
          />
        </>
      }
    >
      {({ products }) => (
        <ListTable
          caption={t`Products by ${metricOf(by).title}`}
          columns={columns.map((column) => ({
            ...column,
            isSortable: isListOrder(column.id, others),
          }))}
          list={list}
          page={products.ranking}
          rowKey={({ product }) => product.id}
          isStale={query.isStale}
        />
      )}
    </Panel>
  );
}
