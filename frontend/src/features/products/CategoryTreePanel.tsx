import { useState } from "react";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import {
  type MetricId,
  ProductCategoryTreeDocument,
  type ProductCategoryTreeQuery,
} from "../../gql/graphql.ts";
import { BarCell } from "../../ui/BarCell.tsx";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { ChevronIcon } from "../../ui/icons.tsx";
import { ExportButton } from "../shared/ChartTools.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { exportTable } from "../shared/exportTable.ts";
import {
  barShare,
  figureColumns,
  figureOf,
  largest,
  valueColumn,
} from "../shared/figureColumns.tsx";
import { NameCell } from "../shared/NameCell.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useMetricStyle, useMetricTitle } from "../shared/reporting.ts";
import { useFilterBy } from "../shared/useFilterBy.ts";
import { useAreaVariables } from "../shared/variables.ts";
import styles from "./CategoryTreePanel.module.css";

const METRICS: MetricId[] = ["REVENUE", "PROFIT", "MARGIN", "UNITS"];

type CategoryRow = ProductCategoryTreeQuery["products"]["categoryTree"][number];

/** Categories with everything beneath them; those with others inside open and close. */
export function CategoryTreePanel() {
  const query = usePanelQuery(ProductCategoryTreeDocument, {
    ...useAreaVariables(),
    metrics: METRICS,
  });
  const rows = query.data?.products.categoryTree ?? [];
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const columns = useColumns(rows, query.data?.products.comparison != null, closed, (id) => {
    const next = new Set(closed);
    if (!next.delete(id)) next.add(id);
    setClosed(next);
  });
  return (
    <Panel
      title="Categories"
      subtitle="Each with everything beneath it"
      query={query}
      height={330}
      empty={() =>
        rows.length ? null : <EmptyRange>No product was sold in this range.</EmptyRange>
      }
      tools={
        <ExportButton
          what="categories"
          isDisabled={rows.length === 0}
          onExport={() => exportTable("Categories", columns, rows)}
        />
      }
    >
      {() => (
        <DataTable
          caption="Categories, parents before what is in them"
          columns={columns}
          rows={visibleRows(rows, closed)}
          rowKey={({ id }) => id}
        />
      )}
    </Panel>
  );
}

/** The rows that no closed category above hides; parents come before their children. */
export function visibleRows<Row extends Pick<CategoryRow, "id" | "parentId">>(
  rows: readonly Row[],
  closed: ReadonlySet<string>,
): readonly Row[] {
  const hidden = new Set<string>();
  return rows.filter(({ id, parentId }) => {
    const isHidden = parentId !== null && (closed.has(parentId) || hidden.has(parentId));
    if (isHidden) hidden.add(id);
    return !isHidden;
  });
}

function useColumns(
  rows: readonly CategoryRow[],
  isCompared: boolean,
  closed: ReadonlySet<string>,
  onToggle: (id: string) => void,
): readonly Column<CategoryRow>[] {
  const filterBy = useFilterBy();
  const style = useMetricStyle();
  const metricTitle = useMetricTitle();
  const [main = "REVENUE", ...beside] = METRICS;
  const value = (row: CategoryRow) => figureOf(row.figures, main)?.value;
  const longest = largest(rows.map(value));
  const parents = new Set(rows.map(({ parentId }) => parentId));
  const hasLevels = rows.some(({ depth }) => depth > 0);
  const figures = (row: CategoryRow) => row.figures;
  const columns: readonly Column<CategoryRow>[] = [
    {
      id: "name",
      header: "Category",
      value: (row) => row.name,
      render: (row) => (
        <span className={styles.level} style={{ "--depth": row.depth }}>
          {hasLevels &&
            (parents.has(row.id) ? (
              <button
                type="button"
                className={styles.toggle}
                aria-expanded={!closed.has(row.id)}
                aria-label={`What is in ${row.name}`}
                onClick={() => onToggle(row.id)}
              >
                <ChevronIcon />
              </button>
            ) : (
              <span className={styles.leaf} />
            ))}
          <span className={styles.bar}>
            <BarCell
              share={barShare(value(row), longest)}
              isNegative={value(row)?.startsWith("-") ?? false}
            >
              <NameCell label={row.name} onFilter={() => filterBy("category", row.id, row.name)} />
            </BarCell>
          </span>
        </span>
      ),
    },
    {
      id: "products",
      header: "Products",
      title: "Products that sold, or came back",
      numeric: true,
      value: ({ products }) => String(products),
    },
    ...figureColumns<CategoryRow>({
      metric: main,
      title: metricTitle(main),
      style: style(main),
      figures,
      isCompared,
    }),
    ...beside.map((metric) =>
      valueColumn<CategoryRow>({
        metric,
        title: metricTitle(metric),
        style: style(metric),
        figures,
      }),
    ),
  ];
  // Sorted by a column, children would leave their parents.
  return hasLevels ? columns.map((column) => ({ ...column, isSortable: false })) : columns;
}
