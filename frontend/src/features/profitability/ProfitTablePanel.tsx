import type { PanelQuery } from "../../api/usePanelQuery.ts";
import type { BreakdownPartsFragment, Dimension, MetricId } from "../../gql/graphql.ts";
import { useChoice } from "../../state/location.ts";
import { useView } from "../../state/useView.ts";
import { toggleFilter } from "../../state/view.ts";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { Segmented } from "../../ui/Segmented.tsx";
import { type BreakdownRow, breakdownColumns, FILTER_OF } from "../shared/breakdownColumns.tsx";
import { ExportButton } from "../shared/ChartTools.tsx";
import { exportTable } from "../shared/exportTable.ts";
import {
  figureColumns,
  figureOf,
  type MaskedFigure,
  valueColumn,
} from "../shared/figureColumns.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useMetricStyle, useMetricTitle } from "../shared/reporting.ts";
import { rememberLabels } from "../shell/filterLabels.ts";

const TITLES = {
  CATEGORY: "Category",
  PRODUCT: "Product",
  REP: "Rep",
  REGION: "Region",
  CHANNEL: "Channel",
} as const;

export type ProfitDimension = keyof typeof TITLES & Dimension;

export const DIMENSIONS = ["CATEGORY", "PRODUCT", "REP", "REGION", "CHANNEL"] as const;
/** Losses are looked for where they can be ended: first of all in products. */
export const LOSS_DIMENSIONS = ["PRODUCT", "CATEGORY", "REP", "REGION", "CHANNEL"] as const;
export const TABLE_METRICS = ["PROFIT", "MARGIN"] as const satisfies readonly MetricId[];

const SHOWN = 10;

export function useDimension(
  name: string,
  dimensions: readonly [ProfitDimension, ...ProfitDimension[]],
): [ProfitDimension, (dimension: ProfitDimension) => void] {
  return useChoice<ProfitDimension>(name, dimensions);
}

interface ProfitTablePanelProps {
  readonly title: string;
  readonly query: PanelQuery<unknown>;
  readonly breakdown: BreakdownPartsFragment | undefined;
  readonly dimension: ProfitDimension;
  readonly dimensions: readonly ProfitDimension[];
  readonly onChoose: (dimension: ProfitDimension) => void;
  readonly emptyText: string;
  /** The total of all rows stands beneath; without sense where rows are chosen by their loss. */
  readonly hasTotal?: boolean;
}

/** Profit by a dimension, with its change and margin. */
export function ProfitTablePanel(props: ProfitTablePanelProps) {
  const { query, breakdown, dimension, dimensions, onChoose, emptyText, hasTotal = false } = props;
  const title = `${props.title} by ${TITLES[dimension].toLowerCase()}`;
  const toggle = useRowFilter(breakdown?.dimension ?? dimension);
  const isCompared = figureOf(breakdown?.total ?? [], "PROFIT")?.delta != null;
  const profit = { ...useProfitOptions(), isCompared };
  const margin = useBeside();
  const columns: readonly Column<BreakdownRow>[] = breakdown
    ? [
        ...breakdownColumns({
          ...profit,
          breakdown,
          header: TITLES[dimension],
          hasShare: false,
          onFilter: toggle,
        }),
        ...margin<BreakdownRow>(({ figures }) => figures),
      ]
    : [];
  return (
    <Panel
      title={title}
      query={query}
      height={380}
      empty={() => (breakdown?.nodes.length ? null : emptyText)}
      tools={
        <>
          <Segmented
            name="Break down by"
            value={dimension}
            options={dimensions.map((value) => ({ value, label: TITLES[value] }))}
            onChange={onChoose}
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
          <DataTable
            key={breakdown.dimension}
            caption={title}
            columns={columns}
            rows={breakdown.nodes}
            rowKey={({ id }) => id}
            limit={SHOWN}
            {...(hasTotal && {
              footer: [
                "Total",
                ...[
                  ...figureColumns<BreakdownPartsFragment>({
                    ...profit,
                    figures: ({ total }) => total,
                  }),
                  ...margin<BreakdownPartsFragment>(({ total }) => total),
                ].map((column) => column.render?.(breakdown)),
              ],
            })}
          />
        )
      }
    </Panel>
  );
}

function useProfitOptions() {
  const metric: MetricId = "PROFIT";
  return {
    metric,
    title: useMetricTitle()(metric),
    style: useMetricStyle()(metric),
  };
}

/** Columns for the metrics that stand beside profit. */
function useBeside() {
  const title = useMetricTitle();
  const style = useMetricStyle();
  return <Row,>(figures: (row: Row) => readonly MaskedFigure[]): readonly Column<Row>[] =>
    TABLE_METRICS.filter((metric) => metric !== "PROFIT").map((metric) =>
      valueColumn<Row>({ metric, title: title(metric), style: style(metric), figures }),
    );
}

function useRowFilter(dimension: Dimension): ((row: BreakdownRow) => void) | null {
  const [{ filters }, change] = useView();
  const filter = FILTER_OF[dimension];
  if (filter === undefined) return null;
  return (row) => {
    rememberLabels([row]);
    change({ filters: toggleFilter(filters, filter, row.id) });
  };
}
