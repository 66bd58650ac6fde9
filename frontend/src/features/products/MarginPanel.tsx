import { plural, t } from "@lingui/core/macro";
import { lazy, Suspense, useMemo, useState } from "react";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import type { ScatterModel } from "../../charts/scatter.ts";
import { ProductMarginsDocument, type ProductMarginsQuery } from "../../gql/graphql.ts";
import { toNumber } from "../../lib/decimal.ts";
import { formatList, LOCALE, within } from "../../lib/locale.ts";
import {
  formatCompact,
  formatPercent,
  formatShare,
  formatTile,
  type NumberStyle,
} from "../../lib/numberFormat.ts";
import { navigate, useEnumParam } from "../../state/location.ts";
import { viewSearch } from "../../state/useView.ts";
import type { Column } from "../../ui/DataTable.tsx";
import { DataTable } from "../../ui/DataTable.tsx";
import { ChartImageButton } from "../reports/ChartImageButton.tsx";
import { NO_COSTS } from "../shared/costCoverage.ts";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { entityPath } from "../shared/entityPath.ts";
import layout from "../shared/layout.module.css";
import { MetricPicker } from "../shared/MetricPicker.tsx";
import { Amount } from "../shared/metricColumns.tsx";
import { NameCell } from "../shared/NameCell.tsx";
import { Panel } from "../shared/Panel.tsx";
import { type Metric, useMetric } from "../shared/reporting.ts";
import { TableToggle } from "../shared/TableToggle.tsx";
import { useViewVariables } from "../shared/viewVariables.ts";

const ScatterPlot = lazy(async () => ({
  default: (await import("../../charts/ScatterPlot.tsx")).ScatterPlot,
}));

const VOLUMES = ["REVENUE", "UNITS"] as const;
const POINTS = 200;
const HEIGHT = 300;
const TITLE = t`Margin against volume`;

type Margins = ProductMarginsQuery["products"]["margins"];
type Row = Margins["points"][number];

/** What products keep of what they sell, in quadrants. */
export function MarginPanel() {
  const [volume, setVolume] = useEnumParam("margin-by", VOLUMES);
  const [asTable, setAsTable] = useState(false);
  const { period, zone, filters } = useViewVariables();
  const query = usePanelQuery(ProductMarginsDocument, {
    period,
    zone,
    filters,
    volume,
    points: POINTS,
  });
  const margins = query.data?.products.margins;
  const metricOf = useMetric();
  const metric = metricOf(margins?.volume ?? volume);
  const { title, style } = metric;
  const { unit, currency } = style;
  const model = useMemo(
    () => (margins ? marginModel(margins, title, { unit, currency }) : null),
    [margins, title, unit, currency],
  );
  const columns = marginColumns(metric, metricOf("PROFIT"));
  return (
    <Panel
      title={TITLE}
      subtitle={margins ? marginHeadline(margins, metric) : null}
      query={query}
      height={HEIGHT + 22}
      empty={({ products: { margins } }) =>
        margins.points.length > 0 ? null : margins.withoutCost > 0 ? (
          NO_COSTS
        ) : (
          <EmptyRange what={t`No product was sold`} />
        )
      }
      tools={
        <>
          <MetricPicker name={t`Volume`} metrics={VOLUMES} value={volume} onChange={setVolume} />
          <TableToggle asTable={asTable} onChange={setAsTable} />
          {!asTable && <ChartImageButton title={TITLE} of={query.data?.products} model={model} />}
          <ExportButton
            file={TITLE}
            of={query.data?.products}
            columns={columns}
            rows={margins?.points ?? []}
          />
        </>
      }
    >
      {({ products: { margins } }) => (
        <>
          {asTable || model === null ? (
            <DataTable
              caption={TITLE}
              columns={columns}
              rows={margins.points}
              rowKey={({ product }) => product.id}
              limit={9}
            />
          ) : (
            <figure aria-label={TITLE}>
              <Suspense fallback={<div data-loading style={{ height: HEIGHT + 22 }} />}>
                <ScatterPlot model={model} label={TITLE} height={HEIGHT} />
              </Suspense>
            </figure>
          )}
          {leftOut(margins) && <p className={layout.note}>{leftOut(margins)}</p>}
        </>
      )}
    </Panel>
  );
}

function marginModel(
  { points, typicalVolume, margin }: Margins,
  title: string,
  style: NumberStyle,
): ScatterModel {
  return {
    points: points.map(({ product, volume, margin }) => ({
      id: product.id,
      x: toNumber(volume),
      y: toNumber(margin),
      text: t`${product.name}: ${title} ${formatTile(volume, style)}, margin ${formatShare(margin) ?? "–"}`,
    })),
    lines: {
      x: typicalVolume === null ? null : toNumber(typicalVolume),
      y: margin === null ? null : toNumber(margin),
    },
    quadrants: [
      t`Sells little, keeps much`,
      t`Sells much, keeps much`,
      t`Sells little, keeps little`,
      t`Sells much, keeps little`,
    ],
    xTitle: title,
    formatX: (value) => formatCompact(String(value), style),
    formatY: (value) => formatPercent(value, 0),
    hint: t`Each point is a product: click to open it.`,
    onOpen: (index) => {
      const product = points[index]?.product;
      if (product === undefined) return;
      navigate(entityPath("PRODUCT", product.id) + viewSearch(window.location.search));
      window.scrollTo({ top: 0 });
    },
  };
}

type Lines = Pick<Margins, "margin" | "typicalVolume" | "points" | "others">;

/** Where the lines are, of which products, and what is drawn where that is not all of these. */
export function marginHeadline(
  { margin, typicalVolume, points, others }: Lines,
  { title, style }: Pick<Metric, "title" | "style">,
): string | null {
  if (margin === null || typicalVolume === null) return null;
  const volume = within(title);
  const middle = formatTile(typicalVolume, style);
  const share = formatPercent(toNumber(margin));
  const count = points.length + others;
  const lines = plural(count, {
    one: `Lines of the # product whose margin is known: its margin, ${share}, and its ${volume}, ${middle}`,
    other: `Lines of the # products whose margin is known: their margin together, ${share}, and their median ${volume}, ${middle}`,
  });
  if (others === 0) return lines;
  return t`The ${points.length.toLocaleString(LOCALE)} products with the highest ${volume} are drawn. ${lines}`;
}

/** What the drawing lacks; `null` where it lacks nothing. */
export function leftOut(
  margins: Pick<Margins, "others" | "withoutCost" | "withoutRevenue">,
): string | null {
  const { others, withoutCost, withoutRevenue } = margins;
  const parts = [
    others > 0 &&
      plural(others, {
        one: "# product with less volume",
        other: "# products with less volume",
      }),
    withoutCost > 0 &&
      plural(withoutCost, {
        one: "# product without a known cost",
        other: "# products without a known cost",
      }),
    withoutRevenue > 0 &&
      plural(withoutRevenue, {
        one: "# product without revenue above 0",
        other: "# products without revenue above 0",
      }),
  ].filter((part) => part !== false);
  return parts.length === 0 ? null : t`Not drawn: ${formatList(parts)}.`;
}

function marginColumns(volume: Metric, profit: Metric): readonly Column<Row>[] {
  return [
    {
      id: "name",
      header: t`Product`,
      value: ({ product }) => product.name,
      render: ({ product }) => (
        <NameCell label={product.name} path={entityPath("PRODUCT", product.id)} />
      ),
    },
    {
      id: "volume",
      header: volume.title,
      definition: volume.definition,
      numeric: true,
      value: (row) => row.volume,
      render: (row, among) => <Amount value={row.volume} style={volume.style} among={among} />,
    },
    {
      id: "profit",
      header: profit.title,
      definition: profit.definition,
      numeric: true,
      value: (row) => row.profit,
      render: (row, among) => <Amount value={row.profit} style={profit.style} among={among} />,
    },
    {
      id: "margin",
      header: t`Margin`,
      numeric: true,
      value: (row) => row.margin,
      render: (row) => formatShare(row.margin),
    },
  ];
}
