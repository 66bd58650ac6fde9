import { useMemo, useState } from "react";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { ChartFigure, chartColumns } from "../../charts/ChartFigure.tsx";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  type MetricId,
  OverviewSeriesDocument,
  type OverviewSeriesQuery,
  PeriodPartsFragmentDoc,
  SeriesPartsFragmentDoc,
} from "../../gql/graphql.ts";
import { useView } from "../../state/useView.ts";
import { ExportButton, TableToggle } from "../shared/ChartTools.tsx";
import { exportTable } from "../shared/exportTable.ts";
import { GranularityPicker } from "../shared/GranularityPicker.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useMetricStyle, useMetricTitle } from "../shared/reporting.ts";
import { seriesModel } from "../shared/seriesModel.ts";
import { useAreaVariables } from "../shared/variables.ts";

const HEIGHT = 344;

/** The chosen figure over time. */
export function SeriesPanel({ metric }: { readonly metric: MetricId }) {
  const [{ granularity }] = useView();
  const query = usePanelQuery(OverviewSeriesDocument, {
    ...useAreaVariables(),
    metrics: [metric],
    granularity,
  });
  const [asTable, setAsTable] = useState(false);
  const model = useModel(query.data, metric);
  const title = `${useMetricTitle()(metric)} over time`;
  const series = unmask(SeriesPartsFragmentDoc, query.data?.sales.series);
  const period = unmask(PeriodPartsFragmentDoc, query.data?.sales.period);

  return (
    <Panel
      title={title}
      query={query}
      height={HEIGHT + 30}
      empty={() => (model?.labels.length ? null : "There are no sales in this range.")}
      tools={
        <>
          <GranularityPicker
            shown={series?.granularity ?? null}
            allowed={period?.granularities ?? null}
          />
          <TableToggle asTable={asTable} onChange={setAsTable} />
          <ExportButton
            what={title}
            isDisabled={model === null}
            onExport={() =>
              model && exportTable(title, chartColumns(model), [...model.titles.keys()])
            }
          />
        </>
      }
    >
      {() => model && <ChartFigure model={model} label={title} height={HEIGHT} asTable={asTable} />}
    </Panel>
  );
}

function useModel(data: OverviewSeriesQuery | undefined, metric: MetricId) {
  const style = useMetricStyle()(metric);
  const title = useMetricTitle()(metric);
  const { unit, currency } = style;
  return useMemo(() => {
    if (data === undefined) return null;
    const series = unmask(SeriesPartsFragmentDoc, data.sales.series);
    const period = unmask(PeriodPartsFragmentDoc, data.sales.period);
    return seriesModel({
      series,
      // While the next metric is under way, the chart still shows the last one.
      metric: series.lines[0]?.metric ?? metric,
      title,
      style: { unit, currency },
      period: { start: period.from, end: period.to },
      zone: period.zone,
    });
  }, [data, metric, title, unit, currency]);
}
