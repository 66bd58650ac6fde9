import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  BreakdownPartsFragmentDoc,
  type Dimension,
  FigurePartsFragmentDoc,
  type MetricId,
  OverviewBreakdownDocument,
} from "../../gql/graphql.ts";
import { useChoice } from "../../state/location.ts";
import { useView } from "../../state/useView.ts";
import { toggleFilter } from "../../state/view.ts";
import { DataTable } from "../../ui/DataTable.tsx";
import { Segmented } from "../../ui/Segmented.tsx";
import { breakdownColumns, FILTER_OF } from "../shared/breakdownColumns.tsx";
import { ExportButton } from "../shared/ChartTools.tsx";
import { exportTable } from "../shared/exportTable.ts";
import { figureColumns, figureOf } from "../shared/figureColumns.tsx";
import styles from "../shared/layout.module.css";
import { Panel } from "../shared/Panel.tsx";
import { useMetricStyle, useMetricTitle } from "../shared/reporting.ts";
import { useAreaVariables } from "../shared/variables.ts";
import { rememberLabels } from "../shell/filterLabels.ts";

/** Rows that one answer brings; columns sort among them. */
const FETCHED = 50;
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

interface BreakdownPanelProps {
  /** The address's parameter that remembers the dimension. */
  readonly name: string;
  readonly dimensions: readonly [Dimension, ...Dimension[]];
  readonly metric: MetricId;
}

/** The chosen figure by one of several dimensions. */
export function BreakdownPanel({ name, dimensions, metric }: BreakdownPanelProps) {
  const [by, setBy] = useChoice(name, dimensions);
  const [{ filters }, change] = useView();
  const area = useAreaVariables();
  const query = usePanelQuery(OverviewBreakdownDocument, {
    ...area,
    by,
    metrics: [metric],
    orderBy: metric,
    direction: "DESC",
    first: FETCHED,
  });
  const style = useMetricStyle();
  const metricTitle = useMetricTitle();

  const breakdown = unmask(BreakdownPartsFragmentDoc, query.data?.sales.breakdown);
  // While the next answer is under way, the panel still shows the last one's metric.
  const total = unmask(FigurePartsFragmentDoc, breakdown?.total[0]);
  const shownMetric = total?.metric ?? metric;
  const dimension = breakdown?.dimension ?? by;
  const filter = FILTER_OF[dimension];
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
        onFilter:
          filter === undefined
            ? null
            : (row) => {
                rememberLabels([row]);
                change({ filters: toggleFilter(filters, filter, row.id) });
              },
      })
    : [];
  const title = `${metricTitle(metric)} by ${DIMENSION_TITLES[by].toLowerCase()}`;

  return (
    <Panel
      title={title}
      query={query}
      height={366}
      empty={() => (breakdown?.nodes.length ? null : "There are no sales in this range.")}
      tools={
        <>
          <Segmented
            name="Break down by"
            value={by}
            options={dimensions.map((value) => ({ value, label: DIMENSION_TITLES[value] }))}
            onChange={setBy}
          />
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
                The {FETCHED} largest of {breakdown.totalCount}; the total is of all.
              </p>
            )}
          </>
        )
      }
    </Panel>
  );
}
