import type { ReactNode } from "react";
import type { PanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  type BreakdownPartsFragment,
  type Dimension,
  FigurePartsFragmentDoc,
  type MetricId,
} from "../../gql/graphql.ts";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { SegmentedControl } from "../../ui/SegmentedControl.tsx";
import { type BreakdownRow, breakdownColumns } from "./breakdownColumns.tsx";
import { COST_METRICS, NO_COSTS } from "./costCoverage.ts";
import { EmptyRange } from "./EmptyRange.tsx";
import { ExportButton } from "./ExportButton.tsx";
import { filterOf } from "./filterLabels.ts";
import styles from "./layout.module.css";
import { figureOf, type MaskedFigure, metricColumns, valueColumn } from "./metricColumns.tsx";
import { Panel } from "./Panel.tsx";
import { useMetric } from "./reporting.ts";
import { useToggleFilter } from "./useToggleFilter.ts";

/** Rows of one query; columns sort among them. */
export const FETCHED_ROWS = 50;
const INITIAL_ROWS = 8;

const DIMENSION_TITLES: Readonly<Record<Dimension, string>> = {
  CATEGORY: "Category",
  PRODUCT: "Product",
  CUSTOMER: "Customer",
  SEGMENT: "Segment",
  REP: "Rep",
  REGION: "Region",
  CHANNEL: "Channel",
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
  /** Loads all rows, for the export. */
  readonly loadRows: () => Promise<readonly BreakdownRow[]>;
  /** Whether a click on a row filters the page. */
  readonly canFilter: boolean;
  /** The rows are losses: the largest comes first, and a total of all rows is not shown. */
  readonly isOfLosses?: boolean;
  /** Shown when there are no rows. */
  readonly emptyText?: ReactNode;
}

/** A metric by one of several dimensions. */
export function BreakdownPanel<By extends Dimension>(props: BreakdownPanelProps<By>) {
  const { by, dimensions, onSelect, metric, extraMetrics = [], query, breakdown } = props;
  const { canFilter, isOfLosses = false, emptyText = <EmptyRange /> } = props;
  const metricOf = useMetric();
  const toggleFilter = useToggleFilter();

  // Until the next result arrives, the panel shows the metric and the dimension of the last one.
  const total =
    breakdown &&
    (figureOf(breakdown.total, metric) ?? unmask(FigurePartsFragmentDoc, breakdown.total[0]));
  const shownMetric = total?.metric ?? metric;
  const dimension = breakdown?.dimension ?? by;
  const filter = canFilter ? filterOf(dimension) : undefined;
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
          onFilter: filter === undefined ? null : (row) => toggleFilter(filter, row.id, row.label),
        }),
        ...extraColumns<BreakdownRow>((row) => row.figures),
      ]
    : [];
  const totals = [
    ...metricColumns<BreakdownPartsFragment>({ ...options, figures: (all) => all.total }),
    ...extraColumns<BreakdownPartsFragment>((all) => all.total),
  ];
  const heading = props.title ?? metricOf(metric).title;
  const title = `${heading} by ${DIMENSION_TITLES[by].toLowerCase()}`;

  return (
    <Panel
      title={title}
      query={query}
      height={366}
      empty={() => (breakdown?.nodes.length ? null : emptyText)}
      tools={
        <>
          {dimensions.length > 1 && (
            <SegmentedControl
              name="Break down by"
              value={by}
              options={dimensions.map((value) => ({ value, label: DIMENSION_TITLES[value] }))}
              onChange={onSelect}
            />
          )}
          <ExportButton
            file={title}
            columns={columns}
            rows={breakdown?.nodes ?? []}
            loadRows={breakdown?.pageInfo.hasNextPage ? props.loadRows : undefined}
          />
        </>
      }
    >
      {() =>
        breakdown && (
          <>
            <DataTable
              key={`${dimension}-${shownMetric}`}
              caption={title}
              columns={columns}
              rows={breakdown.nodes}
              rowKey={(row) => row.id}
              initialSort={{ column: "current", descending: !isOfLosses }}
              limit={INITIAL_ROWS}
              {...(!isOfLosses && {
                footer: ["Total", ...totals.map((column) => column.render?.(breakdown))],
              })}
            />
            {COST_METRICS.has(shownMetric) && total?.value === null && (
              <p className={styles.note}>{NO_COSTS}</p>
            )}
            {breakdown.pageInfo.hasNextPage && (
              <p className={styles.note}>
                The {FETCHED_ROWS} largest of {breakdown.totalCount}: columns sort among these,{" "}
                {isOfLosses ? "the CSV is of all." : "the total and the CSV are of all."}
              </p>
            )}
          </>
        )
      }
    </Panel>
  );
}
