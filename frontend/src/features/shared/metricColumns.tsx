import { t } from "@lingui/core/macro";
import { unmask } from "../../gql/fragment-masking.ts";
import { DeltaPartsFragmentDoc } from "../../gql/graphql.ts";
import { type Among, formatAmong, placesOf } from "../../lib/columnFormat.ts";
import type { Decimal } from "../../lib/decimal.ts";
import {
  formatExact,
  formatPoints,
  formatShare,
  type NumberStyle,
} from "../../lib/numberFormat.ts";
import type { Column } from "../../ui/DataTable.tsx";
import { DeltaBadge } from "./DeltaBadge.tsx";
import { figureOf, type MaskedFigure } from "./figureOf.ts";
import type { Metric } from "./reporting.ts";

interface ValueColumnOptions<Row> extends Metric {
  readonly figures: (row: Row) => readonly MaskedFigure[];
}

interface MetricColumnsOptions<Row> extends ValueColumnOptions<Row> {
  /** Whether the rows have a compared period. */
  readonly isCompared: boolean;
  readonly hasShare?: boolean;
}

/** Sortable columns of one metric: value, difference, change, value before and share. */
export function metricColumns<Row>(options: MetricColumnsOptions<Row>): readonly Column<Row>[] {
  const { metric, title, definition, style, isCompared, hasShare = false } = options;
  const figure = (row: Row) => figureOf(options.figures(row), metric);
  const delta = (row: Row) => unmask(DeltaPartsFragmentDoc, figure(row)?.delta);
  const amount = (value: Decimal | null | undefined, among: Among) =>
    value == null ? null : <Amount value={value} style={style} among={among} />;
  return [
    {
      id: "current",
      header: title,
      definition,
      numeric: true,
      value: (row) => figure(row)?.value ?? null,
      render: (row, among) => amount(figure(row)?.value, among),
    },
    ...(isCompared
      ? [
          {
            id: "difference",
            header: "Δ",
            title: t`Difference`,
            numeric: true,
            value: (row: Row) => delta(row)?.absolute ?? null,
            render: (row: Row, among: Among) => {
              const difference = delta(row)?.absolute;
              if (style.unit !== "ratio" || difference == null) return amount(difference, among);
              return formatPoints(difference, placesOf(among, style.unit) ?? undefined);
            },
          },
          {
            id: "change",
            header: "%",
            title: t`Change`,
            numeric: true,
            value: (row: Row) => delta(row)?.ratio ?? null,
            render: (row: Row) => <DeltaBadge delta={figure(row)?.delta ?? null} style={style} />,
          },
          {
            id: "previous",
            header: t`Before`,
            title: t`${title} before`,
            numeric: true,
            value: (row: Row) => figure(row)?.previous ?? null,
            render: (row: Row, among: Among) => amount(figure(row)?.previous, among),
          },
        ]
      : []),
    ...(hasShare
      ? [
          {
            id: "share",
            header: t`Share`,
            title: t`Share of ${title}`,
            numeric: true,
            value: (row: Row) => figure(row)?.share ?? null,
            render: (row: Row) => formatShare(figure(row)?.share),
          },
        ]
      : []),
  ];
}

/** The column of one metric's value alone. */
export function valueColumn<Row>(options: ValueColumnOptions<Row>): Column<Row> {
  const { metric, title, definition, style, figures } = options;
  const value = (row: Row) => figureOf(figures(row), metric)?.value ?? null;
  return {
    id: metric,
    header: title,
    definition,
    numeric: true,
    value,
    render: (row, among) => <Amount value={value(row)} style={style} among={among} />,
  };
}

interface AmountProps {
  readonly value: Decimal | null | undefined;
  readonly style: NumberStyle;
  /** All values of its column. */
  readonly among: Among;
}

/** An amount in the precision of its column, with the exact one in the title. */
export function Amount({ value, style, among }: AmountProps) {
  if (value == null) return "–";
  return <span title={formatExact(value, style)}>{formatAmong(value, style, among)}</span>;
}
