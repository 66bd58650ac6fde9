import { t } from "@lingui/core/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import {
  type MetricId,
  ProductDiscountsDocument,
  type ProductDiscountsQuery,
} from "../../gql/graphql.ts";
import { toNumber } from "../../lib/decimal.ts";
import { formatPercent } from "../../lib/numberFormat.ts";
import { BarCell, longestBar } from "../../ui/BarCell.tsx";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { figureOf } from "../shared/figureOf.ts";
import { valueColumn } from "../shared/metricColumns.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useMetric } from "../shared/reporting.ts";
import { useViewVariables } from "../shared/viewVariables.ts";

const METRICS: MetricId[] = ["GROSS", "DISCOUNTS", "UNITS", "LINES", "PROFIT", "MARGIN"];

type BandLimits = Pick<Band, "low" | "high" | "isReturns">;
type Band = ProductDiscountsQuery["products"]["discountBands"][number];

/** Units and margin by discount band. */
export function DiscountPanel() {
  const { period, zone, filters } = useViewVariables();
  const query = usePanelQuery(ProductDiscountsDocument, { period, zone, filters });
  const metricOf = useMetric();
  const bands = query.data?.products.discountBands ?? [];
  const gross = (band: Band) => figureOf(band.figures, "GROSS")?.value;
  const longest = longestBar(bands.map(gross));
  const columns: readonly Column<Band>[] = [
    {
      id: "band",
      header: t`Discount`,
      isWhole: true,
      value: bandTitle,
      isSortable: false,
      render: (band) => (
        <BarCell value={gross(band)} longest={longest}>
          {bandTitle(band)}
        </BarCell>
      ),
    },
    ...METRICS.map((metric) => valueColumn<Band>({ ...metricOf(metric), figures: shownFigures })),
  ];
  return (
    <Panel
      title={t`Discounts and margin`}
      subtitle={t`Order lines by discount, and the returns: together they are all sales`}
      query={query}
      height={276}
      empty={() => (bands.length ? null : <EmptyRange />)}
      tools={
        <ExportButton
          file={t`Discounts`}
          label={t`discounts`}
          of={query.data?.products}
          columns={columns}
          rows={bands}
        />
      }
    >
      {() => (
        <DataTable
          caption={t`Order lines by discount`}
          columns={columns}
          rows={bands}
          rowKey={bandTitle}
        />
      )}
    </Panel>
  );
}

/** Counts that sales alone have are left out of the returns: 0 beside an amount would mislead. */
export function shownFigures({ figures, isReturns }: Pick<Band, "figures" | "isReturns">) {
  if (!isReturns) return figures;
  const isNone = (one: Band["figures"][number], metric: MetricId) => {
    const value = figureOf([one], metric)?.value;
    return value != null && toNumber(value) === 0;
  };
  return figures.filter((one) => !(isNone(one, "UNITS") || isNone(one, "LINES")));
}

export function bandTitle({ low, high, isReturns }: BandLimits): string {
  if (isReturns) return t`Returns`;
  if (high !== null && toNumber(high) <= 0) return t`No discount`;
  const from = formatPercent(toNumber(low), 0);
  if (high !== null && toNumber(low) === 0) return t`Below ${formatPercent(toNumber(high), 0)}`;
  return high === null
    ? t`${from} and more`
    : t`${from} to below ${formatPercent(toNumber(high), 0)}`;
}
