import type { BreakdownPartsFragment, MetricId } from "../../gql/graphql.ts";
import type { NumberStyle } from "../../lib/number.ts";
import type { FilterName } from "../../state/view.ts";
import { BarCell } from "../../ui/BarCell.tsx";
import type { Column } from "../../ui/DataTable.tsx";
import { pageOf } from "./entityPath.ts";
import { barShare, figureColumns, figureOf, largest } from "./figureColumns.tsx";
import { NameCell } from "./NameCell.tsx";

export type BreakdownRow = BreakdownPartsFragment["nodes"][number];

interface BreakdownColumnsOptions {
  readonly breakdown: BreakdownPartsFragment;
  readonly header: string;
  readonly metric: MetricId;
  readonly title: string;
  readonly style: NumberStyle;
  readonly isCompared: boolean;
  readonly hasShare: boolean;
  /** What a click on a row filters by; `null` where rows do not filter. */
  readonly onFilter: ((row: BreakdownRow) => void) | null;
}

/** A member with a bar, then its figures. */
export function breakdownColumns(
  options: BreakdownColumnsOptions,
): readonly Column<BreakdownRow>[] {
  const { breakdown, header, metric, title, style, isCompared, hasShare, onFilter } = options;
  const value = (row: BreakdownRow) => figureOf(row.figures, metric)?.value;
  const longest = largest(breakdown.nodes.map(value));
  return [
    {
      id: "name",
      header,
      value: (row) => row.label,
      render: (row) => (
        <BarCell
          share={barShare(value(row), longest)}
          isNegative={value(row)?.startsWith("-") ?? false}
        >
          <NameCell
            label={row.label}
            path={row.isNone ? null : pageOf(breakdown.dimension, row.id)}
            onFilter={onFilter && (() => onFilter(row))}
          />
        </BarCell>
      ),
    },
    ...figureColumns<BreakdownRow>({
      metric,
      title,
      style,
      isCompared,
      hasShare,
      figures: (row) => row.figures,
    }),
  ];
}

/** Dimensions that the page can filter by. */
export const FILTER_OF: Readonly<Record<string, FilterName | undefined>> = {
  CATEGORY: "category",
  PRODUCT: "product",
  SEGMENT: "segment",
  REP: "rep",
  REGION: "region",
  CHANNEL: "channel",
};
