import { useMemo, useState } from "react";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { ChartFigure, chartColumns } from "../../charts/ChartFigure.tsx";
import type { ChartModel } from "../../charts/model.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  PeriodPartsFragmentDoc,
  ProductTrendDocument,
  type ProductTrendQuery,
} from "../../gql/graphql.ts";
import { formatCompact, formatExact, type NumberStyle } from "../../lib/number.ts";
import { useChoice } from "../../state/location.ts";
import { useView } from "../../state/useView.ts";
import { Segmented } from "../../ui/Segmented.tsx";
import { ExportButton, TableToggle } from "../shared/ChartTools.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { exportTable } from "../shared/exportTable.ts";
import { Panel } from "../shared/Panel.tsx";
import { useMetricStyle, useMetricTitle } from "../shared/reporting.ts";
import { bucketNames } from "../shared/seriesModel.ts";
import { useAreaVariables } from "../shared/variables.ts";

const CHOICES = ["REVENUE", "PROFIT", "UNITS"] as const;
/** In the order of the palette, whose last colour is the quietest. */
const COLORS = ["current", "3", "4", "5", "previous"] as const;
const HEIGHT = 300;
const TITLE = "The best five over time";

/** How the products that make most of a figure get on. */
export function TrendPanel() {
  const [metric, choose] = useChoice("trend", CHOICES);
  const [{ granularity }] = useView();
  const { period, zone, filters } = useAreaVariables();
  const query = usePanelQuery(ProductTrendDocument, {
    period,
    comparison: null,
    zone,
    filters,
    metric,
    granularity,
  });
  const metricTitle = useMetricTitle();
  const { unit, currency } = useMetricStyle()(query.data?.products.trend.metric ?? metric);
  const [asTable, setAsTable] = useState(false);
  const model = useMemo(
    () => query.data && trendModel(query.data, { unit, currency }),
    [query.data, unit, currency],
  );
  return (
    <Panel
      title={TITLE}
      query={query}
      height={HEIGHT + 30}
      empty={() =>
        model?.series.length ? null : <EmptyRange>No product was sold in this range.</EmptyRange>
      }
      tools={
        <>
          <Segmented
            name="Figure"
            value={metric}
            options={CHOICES.map((value) => ({ value, label: metricTitle(value) }))}
            onChange={choose}
          />
          <TableToggle asTable={asTable} onChange={setAsTable} />
          <ExportButton
            what={TITLE.toLowerCase()}
            isDisabled={model === undefined}
            onExport={() =>
              model && exportTable(TITLE, chartColumns(model), [...model.titles.keys()])
            }
          />
        </>
      }
    >
      {() => model && <ChartFigure model={model} label={TITLE} height={HEIGHT} asTable={asTable} />}
    </Panel>
  );
}

function trendModel({ products }: ProductTrendQuery, style: NumberStyle): ChartModel {
  const { trend } = products;
  const period = unmask(PeriodPartsFragmentDoc, products.period);
  return {
    kind: "line",
    ...bucketNames(trend, { start: period.from, end: period.to }, period.zone),
    series: trend.lines.map(({ product, current }, index) => ({
      id: product.id,
      name: product.name,
      color: COLORS[index % COLORS.length] ?? "current",
      values: current,
    })),
    unfinishedFrom: trend.partialFrom,
    exact: (value) => formatExact(value, style),
    compact: (value) => formatCompact(value, style),
  };
}
