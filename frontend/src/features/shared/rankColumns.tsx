import { t } from "@lingui/core/macro";
import type { ComponentProps } from "react";
import type { MetricId } from "../../gql/graphql.ts";
import { BarCell, longestBar } from "../../ui/BarCell.tsx";
import type { Column } from "../../ui/DataTable.tsx";
import { figureOf, type MaskedFigure } from "./figureOf.ts";
import { NameCell } from "./NameCell.tsx";
import { RankCell } from "./RankCell.tsx";

type Rank = Omit<ComponentProps<typeof RankCell>, "isCompared">;

interface RankColumnsOptions<Row> {
  readonly rows: readonly Row[];
  /** What the bars measure. */
  readonly metric: MetricId;
  readonly isCompared: boolean;
  /** What is ranked, such as "Product". */
  readonly header: string;
  readonly name: (row: Row) => ComponentProps<typeof NameCell>;
}

/** The rank, and the name over a bar. */
export function rankColumns<Row extends Rank & { readonly figures: readonly MaskedFigure[] }>(
  options: RankColumnsOptions<Row>,
): readonly Column<Row>[] {
  const { rows, metric, isCompared, header, name } = options;
  const value = (row: Row) => figureOf(row.figures, metric)?.value;
  const longest = longestBar(rows.map(value));
  return [
    {
      id: "rank",
      header: t`Place`,
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
        <BarCell value={value(row)} longest={longest}>
          <NameCell {...name(row)} />
        </BarCell>
      ),
    },
  ];
}
