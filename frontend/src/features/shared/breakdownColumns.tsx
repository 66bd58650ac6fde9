import type { BreakdownPartsFragment } from "../../gql/graphql.ts";
import type { View } from "../../state/view.ts";
import { BarCell, longestBar } from "../../ui/BarCell.tsx";
import type { Column } from "../../ui/DataTable.tsx";
import { entityPathOrNull } from "./entityPath.ts";
import { figureOf } from "./figureOf.ts";
import { memberLabel } from "./memberLabel.ts";
import { metricColumns } from "./metricColumns.tsx";
import { NameCell } from "./NameCell.tsx";
import { withOrders } from "./OrdersLink.tsx";
import type { Metric } from "./reporting.ts";

export type BreakdownRow = BreakdownPartsFragment["nodes"][number];

interface BreakdownColumnsOptions extends Metric {
  readonly breakdown: BreakdownPartsFragment;
  readonly header: string;
  readonly isCompared: boolean;
  readonly hasShare: boolean;
  /** Called by a click on a row's filter; `null` where rows do not filter. */
  readonly onFilter: ((row: BreakdownRow) => void) | null;
  /** The view of a row's orders. */
  readonly ordersOf: (row: BreakdownRow) => Partial<View>;
}

/** The name of a row over a bar, then the columns of the metric. */
export function breakdownColumns(
  options: BreakdownColumnsOptions,
): readonly Column<BreakdownRow>[] {
  const { breakdown, header, onFilter, ordersOf, ...columns } = options;
  const value = (row: BreakdownRow) => figureOf(row.figures, columns.metric)?.value;
  const longest = longestBar(breakdown.nodes.map(value));
  return [
    {
      id: "name",
      header,
      value: (row) => memberLabel(breakdown.dimension, row),
      render: (row) => (
        <BarCell value={value(row)} longest={longest}>
          <NameCell
            label={memberLabel(breakdown.dimension, row)}
            path={row.isNone ? null : entityPathOrNull(breakdown.dimension, row.id)}
            onFilter={onFilter && (() => onFilter(row))}
          />
        </BarCell>
      ),
    },
    ...withOrders(
      metricColumns<BreakdownRow>({ ...columns, figures: (row) => row.figures }),
      ordersOf,
    ),
  ];
}
