import { usePanelQuery } from "../../api/usePanelQuery.ts";
import {
  type MetricId,
  ProductDiscountsDocument,
  type ProductDiscountsQuery,
} from "../../gql/graphql.ts";
import { formatPercent, toCoordinate } from "../../lib/number.ts";
import { BarCell } from "../../ui/BarCell.tsx";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { ExportButton } from "../shared/ChartTools.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { exportTable } from "../shared/exportTable.ts";
import { barShare, figureOf, largest, valueColumn } from "../shared/figureColumns.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useMetricStyle, useMetricTitle } from "../shared/reporting.ts";
import { useAreaVariables } from "../shared/variables.ts";

const METRICS: MetricId[] = ["GROSS", "DISCOUNTS", "UNITS", "LINES", "PROFIT", "MARGIN"];

type Band = ProductDiscountsQuery["products"]["discountBands"][number];

/** What discounts do to units and margin. */
export function DiscountPanel() {
  const { period, zone, filters } = useAreaVariables();
  const query = usePanelQuery(ProductDiscountsDocument, { period, zone, filters });
  const style = useMetricStyle();
  const metricTitle = useMetricTitle();
  const bands = query.data?.products.discountBands ?? [];
  const gross = (band: Band) => figureOf(band.figures, "GROSS")?.value;
  const longest = largest(bands.map(gross));
  const columns: readonly Column<Band>[] = [
    {
      id: "band",
      header: "Discount",
      value: bandTitle,
      isSortable: false,
      render: (band) => <BarCell share={barShare(gross(band), longest)}>{bandTitle(band)}</BarCell>,
    },
    ...METRICS.map((metric) =>
      valueColumn<Band>({
        metric,
        title: metricTitle(metric),
        style: style(metric),
        figures: ({ figures }) => figures,
      }),
    ),
  ];
  return (
    <Panel
      title="Discounts and margin"
      subtitle="Order lines by how much was taken off"
      query={query}
      height={246}
      empty={() => (bands.length ? null : <EmptyRange />)}
      tools={
        <ExportButton
          what="discounts"
          isDisabled={bands.length === 0}
          onExport={() => exportTable("Discounts", columns, bands)}
        />
      }
    >
      {() => (
        <DataTable
          caption="Order lines by discount"
          columns={columns}
          rows={bands}
          rowKey={bandTitle}
        />
      )}
    </Panel>
  );
}

export function bandTitle({ low, high }: Pick<Band, "low" | "high">): string {
  if (high !== null && toCoordinate(high) <= 0) return "No discount";
  const from = formatPercent(toCoordinate(low), 0);
  if (high !== null && toCoordinate(low) === 0)
    return `Below ${formatPercent(toCoordinate(high), 0)}`;
  return high === null
    ? `${from} and more`
    : `${from} to below ${formatPercent(toCoordinate(high), 0)}`;
}
