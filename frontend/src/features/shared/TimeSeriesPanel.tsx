import type { PanelQuery } from "../../api/usePanelQuery.ts";
import type { MetricId, PeriodPartsFragment, SeriesPartsFragment } from "../../gql/graphql.ts";
import { ChartPanel } from "./ChartPanel.tsx";
import { GranularityPicker } from "./GranularityPicker.tsx";
import { useMetric } from "./reporting.ts";
import { useSeriesModel } from "./seriesModel.ts";
import type { FileDates } from "./useFileNotes.ts";

interface TimeSeriesPanelProps {
  /** The selected metric; until its result arrives, `series` is still of the one before. */
  readonly metric: MetricId;
  readonly query: PanelQuery<unknown>;
  readonly series: SeriesPartsFragment | undefined;
  readonly period: PeriodPartsFragment | undefined;
  /** The period and what it is compared with, for the file. */
  readonly dates: FileDates | undefined;
  /** Height of the canvas. Pixels. */
  readonly height: number;
}

/** A metric over time and in the compared period. */
export function TimeSeriesPanel(props: TimeSeriesPanelProps) {
  const { metric, query, series, period, dates, height } = props;
  return (
    <ChartPanel
      title={`${useMetric()(metric).title} over time`}
      query={query}
      model={useSeriesModel(metric, series, period)}
      height={height}
      of={dates}
      tools={
        <GranularityPicker
          shown={series?.granularity ?? null}
          allowed={period?.granularities ?? null}
        />
      }
    />
  );
}
