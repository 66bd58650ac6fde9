import { useMemo, useState } from "react";
import type { PanelQuery } from "../../api/usePanelQuery.ts";
import { ChartFigure, chartColumns } from "../../charts/ChartFigure.tsx";
import type { MetricId, PeriodPartsFragment, SeriesPartsFragment } from "../../gql/graphql.ts";
import { ExportButton, TableToggle } from "./ChartTools.tsx";
import { EmptyRange } from "./EmptyRange.tsx";
import { exportTable } from "./exportTable.ts";
import { GranularityPicker } from "./GranularityPicker.tsx";
import { Panel } from "./Panel.tsx";
import { useMetricStyle, useMetricTitle } from "./reporting.ts";
import { seriesModel } from "./seriesModel.ts";

interface CoursePanelProps {
  /** What was asked for; the answer may still be about the one before. */
  readonly metric: MetricId;
  readonly query: PanelQuery<unknown>;
  readonly series: SeriesPartsFragment | undefined;
  readonly period: PeriodPartsFragment | undefined;
  /** Height of the drawing. Pixels. */
  readonly height: number;
}

/** One figure over time, with the compared period beneath it. */
export function CoursePanel({ metric, query, series, period, height }: CoursePanelProps) {
  const [asTable, setAsTable] = useState(false);
  const model = useModel(metric, series, period);
  const title = `${useMetricTitle()(metric)} over time`;
  return (
    <Panel
      title={title}
      query={query}
      height={height + 30}
      empty={() => (model?.labels.length ? null : <EmptyRange />)}
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
      {() => model && <ChartFigure model={model} label={title} height={height} asTable={asTable} />}
    </Panel>
  );
}

function useModel(
  metric: MetricId,
  series: SeriesPartsFragment | undefined,
  period: PeriodPartsFragment | undefined,
) {
  const { unit, currency } = useMetricStyle()(metric);
  const title = useMetricTitle()(metric);
  return useMemo(() => {
    if (series === undefined || period === undefined) return null;
    return seriesModel({
      series,
      // While the next metric is under way, the chart still shows the last one.
      metric: series.lines[0]?.metric ?? metric,
      title,
      style: { unit, currency },
      period: { start: period.from, end: period.to },
      zone: period.zone,
    });
  }, [series, period, metric, title, unit, currency]);
}
