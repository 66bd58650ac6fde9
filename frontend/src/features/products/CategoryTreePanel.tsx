import { t } from "@lingui/core/macro";
import { useState } from "react";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import {
  type MetricId,
  ProductCategoryTreeDocument,
  type ProductCategoryTreeQuery,
} from "../../gql/graphql.ts";
import { BarCell, longestBar } from "../../ui/BarCell.tsx";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { ChevronIcon } from "../../ui/icons.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { figureOf } from "../shared/figureOf.ts";
import { metricColumns, valueColumn } from "../shared/metricColumns.tsx";
import { NameCell } from "../shared/NameCell.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useMetric } from "../shared/reporting.ts";
import { useToggleFilter } from "../shared/useToggleFilter.ts";
import { useViewVariables } from "../shared/viewVariables.ts";
import styles from "./CategoryTreePanel.module.css";

const METRICS: MetricId[] = ["REVENUE", "PROFIT", "MARGIN", "UNITS"];

type CategoryRow = ProductCategoryTreeQuery["products"]["categoryTree"][number];

/** The category tree; each category includes its descendants and can be collapsed. */
export function CategoryTreePanel() {
  const query = usePanelQuery(ProductCategoryTreeDocument, {
    ...useViewVariables(),
    metrics: METRICS,
  });
  const rows = query.data?.products.categoryTree ?? [];
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const columns = useColumns(rows, query.data?.products.comparison != null, collapsed, (id) => {
    const next = new Set(collapsed);
    if (!next.delete(id)) next.add(id);
    setCollapsed(next);
  });
  return (
    <Panel
      title={t`Categories`}
      subtitle={t`Each including its subcategories`}
      query={query}
      height={330}
      empty={() => (rows.length ? null : <EmptyRange what={t`No product was sold`} />)}
      tools={
        <ExportButton
          file={t`Categories`}
          label={t`categories`}
          of={query.data?.products}
          columns={columns}
          rows={rows}
        />
      }
    >
      {() => (
        <DataTable
          caption={t`Categories, parents before their children`}
          columns={columns}
          rows={visibleRows(rows, collapsed)}
          rowKey={({ id }) => id}
        />
      )}
    </Panel>
  );
}

/** The rows without collapsed ancestors; in `rows`, parents come before their children. */
export function visibleRows<Row extends Pick<CategoryRow, "id" | "parentId">>(
  rows: readonly Row[],
  collapsed: ReadonlySet<string>,
): readonly Row[] {
  const hidden = new Set<string>();
  return rows.filter(({ id, parentId }) => {
    const isHidden = parentId !== null && (collapsed.has(parentId) || hidden.has(parentId));
    if (isHidden) hidden.add(id);
    return !isHidden;
  });
}

function useColumns(
  rows: readonly CategoryRow[],
  isCompared: boolean,
  collapsed: ReadonlySet<string>,
  onToggle: (id: string) => void,
): readonly Column<CategoryRow>[] {
  const toggleFilter = useToggleFilter();
  const metricOf = useMetric();
  const [main = "REVENUE", ...others] = METRICS;
  const value = (row: CategoryRow) => figureOf(row.figures, main)?.value;
  const longest = longestBar(rows.map(value));
  const parents = new Set(rows.map(({ parentId }) => parentId));
  const hasLevels = rows.some(({ depth }) => depth > 0);
  const figures = (row: CategoryRow) => row.figures;
  const columns: readonly Column<CategoryRow>[] = [
    {
      id: "name",
      header: t`Category`,
      value: (row) => row.name,
      render: (row) => (
        <span className={styles.level} style={{ "--depth": row.depth }}>
          {hasLevels &&
            (parents.has(row.id) ? (
              <button
                type="button"
                className={styles.toggle}
                aria-expanded={!collapsed.has(row.id)}
                aria-label={t`Subcategories of ${row.name}`}
                onClick={() => onToggle(row.id)}
              >
                <ChevronIcon />
              </button>
            ) : (
              <span className={styles.leaf} />
            ))}
          <span className={styles.bar}>
            <BarCell value={value(row)} longest={longest}>
              <NameCell
                label={row.name}
                onFilter={() => toggleFilter("category", row.id, row.name)}
              />
            </BarCell>
          </span>
        </span>
      ),
    },
    {
      id: "products",
      header: t`Products`,
      definition: t`Products that were sold or returned`,
      numeric: true,
      value: ({ products }) => String(products),
    },
    ...metricColumns<CategoryRow>({ ...metricOf(main), figures, isCompared }),
    ...others.map((metric) => valueColumn<CategoryRow>({ ...metricOf(metric), figures })),
  ];
  // Sorting would separate children from their parents.
  return hasLevels ? columns.map((column) => ({ ...column, isSortable: false })) : columns;
}
