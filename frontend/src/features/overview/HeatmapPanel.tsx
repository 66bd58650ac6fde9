import { t } from "@lingui/core/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import {
  type MetricId,
  OverviewHeatmapDocument,
  type OverviewHeatmapQuery,
} from "../../gql/graphql.ts";
import { formatHour, formatWeekday } from "../../lib/dates.ts";
import { formatExact } from "../../lib/numberFormat.ts";
import { navigate, withParams } from "../../state/location.ts";
import { viewSearch } from "../../state/useView.ts";
import type { Column } from "../../ui/DataTable.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useMetric, useReporting } from "../shared/reporting.ts";
import { useViewVariables } from "../shared/viewVariables.ts";
import { formatWeekHour, WEEK_HOUR } from "../shared/weekHour.ts";
import { Heatmap } from "./Heatmap.tsx";

type HeatmapData = OverviewHeatmapQuery["sales"]["heatmap"];

/** The selected metric by weekday and hour. */
export function HeatmapPanel({ metric }: { readonly metric: MetricId }) {
  const { period, zone, filters } = useViewVariables();
  const query = usePanelQuery(OverviewHeatmapDocument, { period, zone, filters, metric });
  const { weekStart, zone: shownZone } = useReporting();
  const heatmap = query.data?.sales.heatmap;
  const metricOf = useMetric();
  const { style } = metricOf(heatmap?.metric ?? metric);
  const title = t`${metricOf(metric).title} by hour and weekday`;
  return (
    <Panel
      title={title}
      subtitle={t`Hours in ${shownZone}`}
      query={query}
      height={225}
      empty={({ sales }) =>
        sales.heatmap.values.some((value) => value !== null && value !== "0") ? null : (
          <EmptyRange />
        )
      }
      tools={
        <ExportButton
          file={title}
          of={query.data?.sales}
          columns={
            heatmap ? heatmapColumns(heatmap, title, metricOf(heatmap.metric).definition) : []
          }
          rows={heatmap ? [...heatmap.values.keys()] : []}
        />
      }
    >
      {({ sales }) => (
        <Heatmap
          label={title}
          weekStart={weekStart}
          weekdays={sales.heatmap.weekdays}
          hours={sales.heatmap.hours}
          values={sales.heatmap.values}
          exact={(value) => formatExact(value, style)}
          onOpen={(weekday, hour) =>
            navigate(
              `/orders${withParams(viewSearch(window.location.search), { [WEEK_HOUR]: formatWeekHour({ weekday, hour }) })}`,
            )
          }
        />
      )}
    </Panel>
  );
}

/** The columns of the export, with one row for each index of a cell. */
function heatmapColumns(
  { weekdays, hours, values }: HeatmapData,
  title: string,
  definition: string,
): readonly Column<number>[] {
  return [
    {
      id: "weekday",
      header: t`Weekday`,
      value: (index) => formatWeekday(weekdays[index] ?? 1, "long"),
    },
    { id: "hour", header: t`Hour`, value: (index) => formatHour(hours[index] ?? 0) },
    { id: "value", header: title, definition, value: (index) => values[index] ?? null },
  ];
}
