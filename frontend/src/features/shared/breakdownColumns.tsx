import type { BreakdownPartsFragment, MetricId } from "../../gql/graphql.ts";
import type { NumberStyle } from "../../lib/number.ts";
import type { FilterName } from "../../state/view.ts";
import { BarCell } from "../../ui/BarCell.tsx";
import type { Column } from "../../ui/DataTable.tsx";
import { barShare, figureColumns, figureOf, largest } from "./figureColumns.tsx";

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
          {onFilter === null || isWithoutSegment(row) ? (
            <span title={row.label}>{row.label}</span>
          ) : (
            <button type="button" title={`Filter by ${row.label}`} onClick={() => onFilter(row)}>
              {row.label}
            </button>
          )}
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

/** Customers that no segment was computed for: filters take segments only. */
function isWithoutSegment(row: BreakdownRow): boolean {
  return row.isNone && row.id === "NONE";
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
