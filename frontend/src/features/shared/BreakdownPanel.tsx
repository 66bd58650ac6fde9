import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import { saveExport } from "../../api/saveExport.ts";
import type { PanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  type BreakdownPartsFragment,
  type Dimension,
  FigurePartsFragmentDoc,
  type MetricId,
} from "../../gql/graphql.ts";
import type { Among } from "../../lib/columnFormat.ts";
import { within } from "../../lib/locale.ts";
import { useView } from "../../state/useView.ts";
import type { Filters } from "../../state/view.ts";
import type { Column } from "../../ui/DataTable.tsx";
import { SegmentedControl } from "../../ui/SegmentedControl.tsx";
import { type BreakdownRow, breakdownColumns } from "./breakdownColumns.tsx";
import { COST_METRICS, NO_COSTS } from "./costCoverage.ts";
import { EmptyRange } from "./EmptyRange.tsx";
import { ExportButton } from "./ExportButton.tsx";
import { figureOf, type MaskedFigure } from "./figureOf.ts";
import { filterOf } from "./filterLabels.ts";
import { ListTable } from "./ListTable.tsx";
import styles from "./layout.module.css";
import { memberLabel } from "./memberLabel.ts";
import { metricColumns, valueColumn } from "./metricColumns.tsx";
import { Panel } from "./Panel.tsx";
import { useMetric } from "./reporting.ts";
import { isListOrder, type List, listFile } from "./useList.ts";
import { useToggleFilter } from "./useToggleFilter.ts";

/** Rows of a page, until the user chooses another number. */
export const PAGE_ROWS = 8;

export const DIMENSION_TITLES: Readonly<Record<Dimension, string>> = {
  CATEGORY: t`Category`,
  PRODUCT: t`Product`,
  CUSTOMER: t`Customer`,
  SEGMENT: t`Segment`,
  REP: t`Rep`,
  REGION: t`Region`,
  CHANNEL: t`Channel`,
};

interface BreakdownPanelProps<By extends Dimension> {
  /** The heading before "by …"; the metric's title by default. */
  readonly title?: string;
  readonly by: By;
  readonly dimensions: readonly By[];
  readonly onSelect: (dimension: By) => void;
  /** The selected metric; until its result arrives, `breakdown` is still of the one before. */
  readonly metric: MetricId;
  /** Metrics in the last columns, in place of shares. */
  readonly extraMetrics?: readonly MetricId[];
  readonly query: PanelQuery<unknown>;
  readonly breakdown: BreakdownPartsFragment | undefined;
  readonly list: List;
  /** The variables of the file with all rows, besides those of the list. */
  readonly file: object;
  /** On a page of one entity: its own filter. There, a click on a row does not filter. */
  readonly of?: Filters | undefined;
  /** The rows are losses: a total of all rows is not shown. */
  readonly isOfLosses?: boolean;
  /** Shown when there are no rows. */
  readonly emptyText?: ReactNode;
}

/** A metric by one of several dimensions. */
export function BreakdownPanel<By extends Dimension>(props: BreakdownPanelProps<By>) {
  const { by, dimensions, onSelect, metric, extraMetrics = [], query, breakdown } = props;
  const { list, of, isOfLosses = false, emptyText = <EmptyRange /> } = props;
  const metricOf = useMetric();
  const toggleFilter = useToggleFilter();
  const [{ filters }] = useView();

  // Until the next result arrives, the panel shows the metric and the dimension of the last one.
  const total =
    breakdown &&
    (figureOf(breakdown.total, metric) ?? unmask(FigurePartsFragmentDoc, breakdown.total[0]));
  const shownMetric = total?.metric ?? metric;
  const dimension = breakdown?.dimension ?? by;
  const filter = filterOf(dimension);
  const options = {
    ...metricOf(shownMetric),
    // Some ranges, such as all time, have no period before them to compare with.
    isCompared: total?.delta != null,
    // Metrics that do not add up, such as orders by category, have no shares.
    hasShare:
      extraMetrics.length === 0 &&
      (breakdown?.nodes.some((row) => figureOf(row.figures, shownMetric)?.share) ?? false),
  };
  const extraColumns = <Row,>(figures: (row: Row) => readonly MaskedFigure[]) =>
    extraMetrics.map((extra) => valueColumn<Row>({ ...metricOf(extra), figures }));
  const columns: readonly Column<BreakdownRow>[] = breakdown
    ? [
        ...breakdownColumns({
          ...options,
          breakdown,
          header: DIMENSION_TITLES[dimension],
          onFilter:
            of === undefined
              ? (row) => toggleFilter(filter, row.id, memberLabel(dimension, row))
              : null,
          ordersOf: (row) => ({ filters: { ...(of ?? filters), [filter]: [row.id] } }),
        }),
        ...extraColumns<BreakdownRow>((row) => row.figures),
      ]
    : [];
  const totals = [
    ...metricColumns<BreakdownPartsFragment>({ ...options, figures: (all) => all.total }),
    ...extraColumns<BreakdownPartsFragment>((all) => all.total),
  ];
  const heading = props.title ?? metricOf(metric).title;
  const title = t`${heading} by ${within(DIMENSION_TITLES[by])}`;

  return (
    <Panel
      title={title}
      query={query}
      height={366}
      empty={() => (breakdown?.nodes.length || list.search ? null : emptyText)}
      tools={
        <>
          {dimensions.length > 1 && (
            <SegmentedControl
              name={t`Break down by`}
              value={by}
              options={dimensions.map((value) => ({ value, label: DIMENSION_TITLES[value] }))}
              onChange={onSelect}
            />
          )}
          <ExportButton
            file={title}
            columns={columns}
            rows={breakdown?.nodes ?? []}
            onSave={(format) => saveExport("sales", { ...listFile(list), ...props.file }, format)}
          />
        </>
      }
    >
      {() =>
        breakdown && (
          <>
            <ListTable
              caption={title}
              columns={columns.map((column) => ({
                ...column,
                isSortable: isListOrder(column.id, extraMetrics),
              }))}
              list={list}
              page={breakdown}
              rowKey={(row) => row.id}
              footer={
                isOfLosses
                  ? undefined
                  : [
                      t`Total`,
                      ...totals.map(({ value, render }) => ({
                        value: value(breakdown),
                        render: (among: Among) => render?.(breakdown, among),
                      })),
                    ]
              }
              isStale={query.isStale}
            />
            {COST_METRICS.has(shownMetric) && total?.value === null && (
              <p className={styles.note}>{NO_COSTS}</p>
            )}
          </>
        )
      }
    </Panel>
  );
}
