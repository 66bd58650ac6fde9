import type { ComponentProps } from "react";
import type { MetricId } from "../../gql/graphql.ts";
import { BarCell } from "../../ui/BarCell.tsx";
import type { Column } from "../../ui/DataTable.tsx";
import { barShare, figureOf, largest, type MaskedFigure } from "./figureColumns.tsx";
import { NameCell } from "./NameCell.tsx";
import { RankCell } from "./RankCell.tsx";

type Place = Omit<ComponentProps<typeof RankCell>, "isCompared">;

interface RankColumnsOptions<Row> {
  readonly rows: readonly Row[];
  /** What the bars measure. */
  readonly metric: MetricId;
  readonly isCompared: boolean;
  /** What is ranked, such as "Product". */
  readonly header: string;
  readonly name: (row: Row) => ComponentProps<typeof NameCell>;
}

/** The place, and who has it with a bar; figures stand beside. */
export function rankColumns<Row extends Place & { readonly figures: readonly MaskedFigure[] }>(
  options: RankColumnsOptions<Row>,
): readonly Column<Row>[] {
  const { rows, metric, isCompared, header, name } = options;
  const value = (row: Row) => figureOf(row.figures, metric)?.value;
  const longest = largest(rows.map(value));
  return [
    {
      id: "rank",
      header: "Place",
      numeric: true,
      value: ({ rank }) => rank?.toString() ?? null,
      render: (row) => <RankCell {...row} isCompared={isCompared} />,
    },
    {
      id: "name",
      header,
      isName: true,
      value: (row) => name(row).label,
      render: (row) => (
        <BarCell
          share={barShare(value(row), longest)}
          isNegative={value(row)?.startsWith("-") ?? false}
        >
          <NameCell {...name(row)} />
        </BarCell>
      ),
    },
  ];
}
