import { t } from "@lingui/core/macro";
import type { PanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  type MetricId,
  type PeriodPartsFragment,
  PeriodPartsFragmentDoc,
  type SeriesPartsFragment,
} from "../../gql/graphql.ts";
import { todayIn } from "../../lib/dates.ts";
import { navigate } from "../../state/location.ts";
import { useView, viewSearch } from "../../state/useView.ts";
import type { Filters } from "../../state/view.ts";
import { NoteIcon } from "../../ui/icons.tsx";
import { ChartPanel } from "./ChartPanel.tsx";
import { COST_METRICS, NO_COSTS } from "./costCoverage.ts";
import { useOpenDialog } from "./dialogs.ts";
import { GranularityPicker } from "./GranularityPicker.tsx";
import { useMetric } from "./reporting.ts";
import { useSeriesModel } from "./seriesModel.ts";
import styles from "./TimeSeriesPanel.module.css";
import { marksOf, useAnnotations } from "./useAnnotations.ts";
import type { FileDates } from "./useFileNotes.ts";

interface TimeSeriesPanelProps {
  /** The selected metric; until its result arrives, `series` is still of the one before. */
  readonly metric: MetricId;
  readonly query: PanelQuery<unknown>;
  readonly series: SeriesPartsFragment | undefined;
  readonly period: PeriodPartsFragment | undefined;
  /** The period and what it is compared with, for the file. */
  readonly dates: FileDates | undefined;
  /** On a page of one entity: its own filter, for the orders of a point. */
  readonly of?: Filters;
  /** Height of the canvas. Pixels. */
  readonly height: number;
}

/** A metric over time and in the compared period. */
export function TimeSeriesPanel(props: TimeSeriesPanelProps) {
  const { metric, query, series, period, dates, of, height } = props;
  const comparison = unmask(PeriodPartsFragmentDoc, dates?.comparison) ?? undefined;
  const model = useSeriesModel(metric, series, period, comparison);

  const [, changeView] = useView();
  const openDialog = useOpenDialog();
  const annotations = useAnnotations();
  const marks = series &&
    period && {
      marks: marksOf(annotations, [...series.buckets, period.to], period.zone),
    };

  /** The days of the buckets from the first to the last one. */
  function daysOf(first: number, last: number) {
    const start = series?.buckets[first];
    const end = series?.buckets[last + 1] ?? period?.to;
    if (period === undefined || start === undefined || end === undefined) return null;
    const until = new Date(Math.max(Date.parse(start), Date.parse(end) - 1));
    return { from: todayIn(period.zone, new Date(start)), to: todayIn(period.zone, until) };
  }

  /** Shows the orders of the days of a bucket. */
  function openOrders(index: number) {
    const range = daysOf(index, index);
    if (range === null) return;
    navigate(`/orders${viewSearch(window.location.search, { range, ...(of && { filters: of }) })}`);
  }

  function zoom(first: number, last: number) {
    const range = daysOf(first, last);
    if (range !== null) changeView({ range });
  }

  return (
    <ChartPanel
      title={t`${useMetric()(metric).title} over time`}
      query={query}
      model={model && { ...model, ...marks, onOpen: openOrders, onZoom: zoom }}
      height={height}
      of={dates}
      emptyText={series && COST_METRICS.has(metric) ? NO_COSTS : undefined}
      tools={
        <>
          <button
            type="button"
            className={styles.annotate}
            title={t`Annotations`}
            aria-label={t`Annotations`}
            aria-haspopup="dialog"
            onClick={() => openDialog("annotations")}
          >
            <NoteIcon />
          </button>
          <GranularityPicker
            shown={series?.granularity ?? null}
            allowed={period?.granularities ?? null}
          />
        </>
      }
    />
  );
}
