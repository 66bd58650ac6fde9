import { type FragmentType, unmask } from "../../gql/fragment-masking.ts";
import {
  DeltaPartsFragmentDoc,
  type FigurePartsFragment,
  FigurePartsFragmentDoc,
  type MetricId,
} from "../../gql/graphql.ts";
import {
  formatExact,
  formatPercent,
  formatTile,
  type NumberStyle,
  toCoordinate,
} from "../../lib/number.ts";
import type { Column } from "../../ui/DataTable.tsx";
import { DeltaBadge } from "./DeltaBadge.tsx";

export type MaskedFigure = FragmentType<typeof FigurePartsFragmentDoc>;

/** The figure of a metric among a row's figures. */
export function figureOf(
  figures: readonly MaskedFigure[],
  metric: MetricId,
): FigurePartsFragment | undefined {
  for (const masked of figures) {
    const figure = unmask(FigurePartsFragmentDoc, masked);
    if (figure.metric === metric) return figure;
  }
  return undefined;
}

interface FigureColumnsOptions<Row> {
  readonly metric: MetricId;
  readonly title: string;
  readonly style: NumberStyle;
  readonly figures: (row: Row) => readonly MaskedFigure[];
  /** Whether there is anything to compare with. */
  readonly isCompared: boolean;
  readonly hasShare?: boolean;
}

/** Current, previous, difference and per cent of one metric, each of them sortable. */
export function figureColumns<Row>(options: FigureColumnsOptions<Row>): readonly Column<Row>[] {
  const { metric, title, style, isCompared, hasShare = false } = options;
  const figure = (row: Row) => figureOf(options.figures(row), metric);
  const delta = (row: Row) => unmask(DeltaPartsFragmentDoc, figure(row)?.delta);
  const amount = (value: string | null | undefined) =>
    value == null ? null : (
      <span title={formatExact(value, style)}>{formatTile(value, style)}</span>
    );
  return [
    {
      id: "current",
      header: title,
      numeric: true,
      value: (row) => figure(row)?.value ?? null,
      render: (row) => amount(figure(row)?.value),
    },
    ...(hasShare
      ? [
          {
            id: "share",
            header: "Share",
            title: `Share of ${title}`,
            numeric: true,
            value: (row: Row) => figure(row)?.share ?? null,
            render: (row: Row) => shareText(figure(row)?.share),
          },
        ]
      : []),
    ...(isCompared
      ? [
          {
            id: "previous",
            header: "Before",
            title: `${title} before`,
            numeric: true,
            value: (row: Row) => figure(row)?.previous ?? null,
            render: (row: Row) => amount(figure(row)?.previous),
          },
          {
            id: "difference",
            header: "Δ",
            title: "Difference",
            numeric: true,
            value: (row: Row) => delta(row)?.absolute ?? null,
            render: (row: Row) => amount(delta(row)?.absolute),
          },
          {
            id: "change",
            header: "%",
            title: "Change",
            numeric: true,
            value: (row: Row) => delta(row)?.ratio ?? null,
            render: (row: Row) => <DeltaBadge delta={figure(row)?.delta ?? null} style={style} />,
          },
        ]
      : []),
  ];
}

interface ValueColumnOptions<Row> {
  readonly metric: MetricId;
  readonly title: string;
  readonly style: NumberStyle;
  readonly figures: (row: Row) => readonly MaskedFigure[];
}

/** One metric's value alone, for columns beside the one that ranks. */
export function valueColumn<Row>(options: ValueColumnOptions<Row>): Column<Row> {
  const { metric, title, style, figures } = options;
  const value = (row: Row) => figureOf(figures(row), metric)?.value ?? null;
  return {
    id: metric,
    header: title,
    numeric: true,
    value,
    render: (row) => <Amount value={value(row)} style={style} />,
  };
}

interface AmountProps {
  readonly value: string | null | undefined;
  readonly style: NumberStyle;
}

/** An amount as it fits, with the exact one on hover. */
export function Amount({ value, style }: AmountProps) {
  if (value == null) return "–";
  return <span title={formatExact(value, style)}>{formatTile(value, style)}</span>;
}

function shareText(share: string | null | undefined): string | null {
  return share == null ? null : formatPercent(toCoordinate(share));
}

/** The longest bar of a table: the largest magnitude of its rows. */
export function largest(values: readonly (string | null | undefined)[]): number {
  return Math.max(0, ...values.map((value) => Math.abs(toCoordinate(value))));
}

/** How long a bar is, as a part of the longest. */
export function barShare(value: string | null | undefined, longest: number): number {
  return longest === 0 ? 0 : Math.abs(toCoordinate(value)) / longest;
}
