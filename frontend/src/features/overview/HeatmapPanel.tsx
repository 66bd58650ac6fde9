import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { type MetricId, OverviewHeatmapDocument } from "../../gql/graphql.ts";
import { formatHour, formatWeekday } from "../../lib/dates.ts";
import { formatExact } from "../../lib/number.ts";
import { ExportButton } from "../shared/ChartTools.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { exportTable } from "../shared/exportTable.ts";
import { Panel } from "../shared/Panel.tsx";
import { useMetricStyle, useMetricTitle, useReporting } from "../shared/reporting.ts";
import { useAreaVariables } from "../shared/variables.ts";
import { HeatGrid } from "./HeatGrid.tsx";

/** When in the week the chosen figure happens. */
export function HeatmapPanel({ metric }: { readonly metric: MetricId }) {
  const { period, zone, filters } = useAreaVariables();
  const query = usePanelQuery(OverviewHeatmapDocument, { period, zone, filters, metric });
  const { weekStart, zone: shownZone } = useReporting();
  const heatmap = query.data?.sales.heatmap;
  const style = useMetricStyle()(heatmap?.metric ?? metric);
  const title = `${useMetricTitle()(metric)} by hour and weekday`;
  return (
    <Panel
      title={title}
      subtitle={`Hours in ${shownZone}`}
      query={query}
      height={225}
      empty={({ sales }) =>
        sales.heatmap.values.some((value) => value !== null && value !== "0") ? null : (
          <EmptyRange />
        )
      }
      tools={
        <ExportButton
          what={title}
          isDisabled={heatmap === undefined}
          onExport={() =>
            heatmap &&
            exportTable(
              title,
              [
                {
                  id: "weekday",
                  header: "Weekday",
                  value: (i) => formatWeekday(heatmap.weekdays[i] ?? 1, "long"),
                },
                { id: "hour", header: "Hour", value: (i) => formatHour(heatmap.hours[i] ?? 0) },
                { id: "value", header: title, value: (i) => heatmap.values[i] ?? null },
              ],
              [...heatmap.values.keys()],
            )
          }
        />
      }
    >
      {({ sales }) => (
        <HeatGrid
          label={title}
          weekStart={weekStart}
          weekdays={sales.heatmap.weekdays}
          hours={sales.heatmap.hours}
          values={sales.heatmap.values}
          exact={(value) => formatExact(value, style)}
        />
      )}
    </Panel>
  );
}
