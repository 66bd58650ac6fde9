import type { PanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  type BreakdownPartsFragment,
  type Dimension,
  FigurePartsFragmentDoc,
  type MetricId,
} from "../../gql/graphql.ts";
import { DataTable } from "../../ui/DataTable.tsx";
import { Segmented } from "../../ui/Segmented.tsx";
import { breakdownColumns, FILTER_OF } from "./breakdownColumns.tsx";
import { ExportButton } from "./ChartTools.tsx";
import { EmptyRange } from "./EmptyRange.tsx";
import { exportTable } from "./exportTable.ts";
import { figureColumns, figureOf } from "./figureColumns.tsx";
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

interface DimensionPanelProps {
  readonly by: Dimension;
  readonly dimensions: readonly Dimension[];
  readonly onChoose: (dimension: Dimension) => void;
  /** What was asked for; the answer may still be about the one before. */
  readonly metric: MetricId;
  readonly query: PanelQuery<unknown>;
  readonly breakdown: BreakdownPartsFragment | undefined;
  /** Whether the page's filters narrow what is shown. */
  readonly filters: boolean;
}

/** A figure by one of several dimensions. */
export function DimensionPanel(props: DimensionPanelProps) {
  const { by, dimensions, onChoose, metric, query, breakdown } = props;
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
    hasShare: breakdown?.nodes.some((row) => figureOf(row.figures, shownMetric)?.share) ?? false,
  };
  const columns = breakdown
    ? breakdownColumns({
        ...options,
        breakdown,
        header: DIMENSION_TITLES[dimension],
        onFilter: filter === undefined ? null : (row) => filterBy(filter, row.id, row.label),
      })
    : [];
  const title = `${metricTitle(metric)} by ${DIMENSION_TITLES[by].toLowerCase()}`;

  return (
    <Panel
      title={title}
      query={query}
      height={366}
      empty={() => (breakdown?.nodes.length ? null : <EmptyRange />)}
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
              initialSort={{ column: "current", descending: true }}
              limit={SHOWN}
              footer={[
                "Total",
                ...figureColumns<typeof breakdown>({
                  ...options,
                  figures: (all) => all.total,
                }).map((column) => column.render?.(breakdown)),
              ]}
            />
            {breakdown.pageInfo.hasNextPage && (
              <p className={styles.note}>
                The {FETCHED_ROWS} largest of {breakdown.totalCount}; the total is of all.
              </p>
            )}
          </>
        )
      }
    </Panel>
  );
}
