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
import { Segmented } from "../../ui/Segmented.tsx";
import { type BreakdownRow, breakdownColumns, FILTER_OF } from "./breakdownColumns.tsx";
import { ExportButton } from "./ChartTools.tsx";
import { EmptyRange } from "./EmptyRange.tsx";
import { exportTable } from "./exportTable.ts";
import { figureColumns, figureOf, type MaskedFigure, valueColumn } from "./figureColumns.tsx";
import styles from "./layout.module.css";
import { Panel } from "./Panel.tsx";
import { useMetricStyle, useMetricTitle } from "./reporting.ts";
import { useFilterBy } from "./useFilterBy.ts";

/** Rows that one answer brings; columns sort among them. */
export const FETCHED_ROWS = 50;
const SHOWN = 8;

const DIMENSION_TITLES: Readonly<Record<Dimension, string>> = {
  CATEGORY: "Category",
  PRODUCT: "Product",
  CUSTOMER: "Customer",
  SEGMENT: "Segment",
  REP: "Rep",
  REGION: "Region",
  CHANNEL: "Channel",
};

interface DimensionPanelProps<By extends Dimension> {
  /** What the heading says before "by …"; the metric's name by default. */
  readonly title?: string;
  readonly by: By;
  readonly dimensions: readonly By[];
  readonly onChoose: (dimension: By) => void;
  /** What was asked for; the answer may still be about the one before. */
  readonly metric: MetricId;
  /** Metrics whose values stand in the last columns, where shares would be otherwise. */
  readonly beside?: readonly MetricId[];
  readonly query: PanelQuery<unknown>;
  readonly breakdown: BreakdownPartsFragment | undefined;
  /** Whether the page's filters narrow what is shown. */
  readonly filters: boolean;
  /** Rows are chosen by their loss: the largest first, and the total of all has no sense. */
  readonly isOfLosses?: boolean;
  /** What stands where there is no row. */
  readonly emptyText?: ReactNode;
}

/** A figure by one of several dimensions. */
export function DimensionPanel<By extends Dimension>(props: DimensionPanelProps<By>) {
  const { by, dimensions, onChoose, metric, beside = [], query, breakdown } = props;
  const { isOfLosses = false, emptyText = <EmptyRange /> } = props;
  const style = useMetricStyle();
  const metricTitle = useMetricTitle();
  const filterBy = useFilterBy();

  // While the next answer is under way, the panel still shows the last one's metric.
  const total = unmask(FigurePartsFragmentDoc, breakdown?.total[0]);
  const shownMetric = total?.metric ?? metric;
  const dimension = breakdown?.dimension ?? by;
  const filter = props.filters ? FILTER_OF[dimension] : undefined;
  const options = {
    metric: shownMetric,
    title: metricTitle(shownMetric),
    style: style(shownMetric),
    // All time, for one, has nothing before it, whatever was asked.
    isCompared: total?.delta != null,
    // What does not add up, such as orders by category, has no shares.
    hasShare:
      beside.length === 0 &&
      (breakdown?.nodes.some((row) => figureOf(row.figures, shownMetric)?.share) ?? false),
  };
  const besideColumns = <Row,>(figures: (row: Row) => readonly MaskedFigure[]) =>
    beside.map((one) =>
      valueColumn<Row>({ metric: one, title: metricTitle(one), style: style(one), figures }),
    );
  const columns: readonly Column<BreakdownRow>[] = breakdown
    ? [
        ...breakdownColumns({
          ...options,
          breakdown,
          header: DIMENSION_TITLES[dimension],
          onFilter: filter === undefined ? null : (row) => filterBy(filter, row.id, row.label),
        }),
        ...besideColumns<BreakdownRow>((row) => row.figures),
      ]
    : [];
  const totals = [
    ...figureColumns<BreakdownPartsFragment>({ ...options, figures: (all) => all.total }),
    ...besideColumns<BreakdownPartsFragment>((all) => all.total),
  ];
  const title = `${props.title ?? metricTitle(metric)} by ${DIMENSION_TITLES[by].toLowerCase()}`;

  return (
    <Panel
      title={title}
      query={query}
      height={366}
      empty={() => (breakdown?.nodes.length ? null : emptyText)}
      tools={
        <>
          {dimensions.length > 1 && (
            <Segmented
              name="Break down by"
              value={by}
              options={dimensions.map((value) => ({ value, label: DIMENSION_TITLES[value] }))}
              onChange={onChoose}
            />
          )}
          <ExportButton
            what={title}
            isDisabled={breakdown === undefined}
            onExport={() => breakdown && exportTable(title, columns, breakdown.nodes)}
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
              limit={SHOWN}
              {...(!isOfLosses && {
                footer: ["Total", ...totals.map((column) => column.render?.(breakdown))],
              })}
            />
            {breakdown.pageInfo.hasNextPage && (
              <p className={styles.note}>
                The {FETCHED_ROWS} largest of {breakdown.totalCount}
                {isOfLosses ? "." : "; the total is of all."}
              </p>
            )}
          </>
        )
      }
    </Panel>
  );
}
