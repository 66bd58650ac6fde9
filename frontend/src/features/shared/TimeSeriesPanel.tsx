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
import { viewSearch } from "../../state/useView.ts";
import type { Filters } from "../../state/view.ts";
import { NoteIcon } from "../../ui/icons.tsx";
import { ChartPanel } from "./ChartPanel.tsx";
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

  const openDialog = useOpenDialog();
  const annotations = useAnnotations();
  const marks = series &&
    period && {
      marks: marksOf(annotations, [...series.buckets, period.to], period.zone),
    };

  /** Shows the orders of the days of a bucket. */
  function openOrders(index: number) {
    const start = series?.buckets[index];
    const end = series?.buckets[index + 1] ?? period?.to;
    if (period === undefined || start === undefined || end === undefined) return;
    const last = new Date(Math.max(Date.parse(start), Date.parse(end) - 1));
    const range = {
      from: todayIn(period.zone, new Date(start)),
      to: todayIn(period.zone, last),
    };
    navigate(`/orders${viewSearch(window.location.search, { range, ...(of && { filters: of }) })}`);
  }

  return (
    <ChartPanel
      title={t`${useMetric()(metric).title} over time`}
      query={query}
      model={model && { ...model, ...marks, onOpen: openOrders }}
      height={height}
      of={dates}
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
