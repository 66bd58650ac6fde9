import { usePanelQuery } from "../../api/usePanelQuery.ts";
import {
  type MetricId,
  ProductRankingDocument,
  type ProductRankingQuery,
} from "../../gql/graphql.ts";
import { useChoice } from "../../state/location.ts";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { Segmented } from "../../ui/Segmented.tsx";
import { ExportButton } from "../shared/ChartTools.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { entityPath } from "../shared/entityPath.ts";
import { exportTable } from "../shared/exportTable.ts";
import { figureColumns, valueColumn } from "../shared/figureColumns.tsx";
import styles from "../shared/layout.module.css";
import { Panel } from "../shared/Panel.tsx";
import { PeriodLine } from "../shared/PeriodLine.tsx";
import { rankColumns } from "../shared/rankColumns.tsx";
import { useMetricStyle, useMetricTitle } from "../shared/reporting.ts";
import { useFilterBy } from "../shared/useFilterBy.ts";
import { useAreaVariables } from "../shared/variables.ts";

const CHOICES = ["REVENUE", "PROFIT", "UNITS", "ORDERS", "MARGIN", "RETURN_RATE"] as const;
/** Shown beside the ranking metric, whatever ranks. */
const BESIDE = ["REVENUE", "PROFIT", "MARGIN", "UNITS"] as const satisfies readonly MetricId[];
const FETCHED = 50;
const SHOWN = 12;

type Row = ProductRankingQuery["products"]["ranking"]["nodes"][number];

/** Products by a figure of the reader's choice. */
export function RankingPanel() {
  const [by, setBy] = useChoice("rank", CHOICES);
  const filterBy = useFilterBy();
  const area = useAreaVariables();
  const metrics = [by, ...BESIDE.filter((metric) => metric !== by)];
  const query = usePanelQuery(ProductRankingDocument, {
    ...area,
    by,
    metrics,
    direction: "DESC",
    first: FETCHED,
  });
  const style = useMetricStyle();
  const metricTitle = useMetricTitle();
  const rows = query.data?.products.ranking.nodes ?? [];
  const isCompared = query.data?.products.comparison != null;
  const figures = (row: Row) => row.figures;

  const columns: readonly Column<Row>[] = [
    ...rankColumns<Row>({
      rows,
      metric: by,
      isCompared,
      header: "Product",
      name: ({ product }) => ({
        label: product.name,
        title: `${product.name} (${product.sku})`,
        path: entityPath("PRODUCT", product.id),
        onFilter: () => filterBy("product", product.id, product.name),
      }),
    }),
    ...figureColumns<Row>({
      metric: by,
      title: metricTitle(by),
      style: style(by),
      figures,
      isCompared,
    }),
    ...BESIDE.filter((metric) => metric !== by).map((metric) =>
      valueColumn<Row>({ metric, title: metricTitle(metric), style: style(metric), figures }),
    ),
  ];

  return (
    <Panel
      title="Products"
      query={query}
      height={489}
      subtitle={<PeriodLine {...query.data?.products} />}
      empty={() =>
        rows.length ? null : <EmptyRange>No product was sold in this range.</EmptyRange>
      }
      tools={
        <>
          <Segmented
            name="Rank by"
            value={by}
            options={CHOICES.map((metric) => ({ value: metric, label: metricTitle(metric) }))}
            onChange={setBy}
          />
          <ExportButton
            what="products"
            isDisabled={rows.length === 0}
            onExport={() => exportTable("Products", columns, rows)}
          />
        </>
      }
    >
      {({ products }) => (
        <>
          <DataTable
            key={by}
            caption={`Products by ${metricTitle(by)}`}
            columns={columns}
            rows={rows}
            rowKey={({ product }) => product.id}
            initialSort={{ column: "rank", descending: false }}
            limit={SHOWN}
          />
          {products.ranking.pageInfo.hasNextPage && (
            <p className={styles.note}>
              The first {FETCHED} by {metricTitle(by).toLowerCase()}.
            </p>
          )}
        </>
      )}
    </Panel>
  );
}
