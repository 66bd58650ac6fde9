import { useEnumParam } from "../../state/location.ts";
import styles from "../shared/layout.module.css";
import { HeatmapPanel } from "./HeatmapPanel.tsx";
import { KPI_METRICS } from "./kpiMetrics.ts";
import { LivePanel } from "./LivePanel.tsx";
import { MoversPanel } from "./MoversPanel.tsx";
import { OverviewBreakdownPanel } from "./OverviewBreakdownPanel.tsx";
import { OverviewKpiPanel } from "./OverviewKpiPanel.tsx";
import { OverviewTimeSeriesPanel } from "./OverviewTimeSeriesPanel.tsx";

/** Key figures, then the selected metric over time, by dimension and by hour. */
export function OverviewPage() {
  const [metric, setMetric] = useEnumParam("metric", KPI_METRICS);
  return (
    <div className={styles.page}>
      <OverviewKpiPanel selected={metric} onSelect={setMetric} />
      <div className={styles.split}>
        <OverviewTimeSeriesPanel metric={metric} />
        <LivePanel />
      </div>
      <MoversPanel metric={metric} />
      <div className={styles.halves}>
        <OverviewBreakdownPanel param="what" dimensions={["CATEGORY", "PRODUCT"]} metric={metric} />
        <OverviewBreakdownPanel
          param="who"
          dimensions={["REP", "CUSTOMER", "SEGMENT", "REGION", "CHANNEL"]}
          metric={metric}
        />
      </div>
      <HeatmapPanel metric={metric} />
    </div>
  );
}
