import { useChoice } from "../../state/location.ts";
import styles from "../shared/layout.module.css";
import { BreakdownPanel } from "./BreakdownPanel.tsx";
import { HeatmapPanel } from "./HeatmapPanel.tsx";
import { KpiPanel } from "./KpiPanel.tsx";
import { LivePanel } from "./LivePanel.tsx";
import { KPI_METRICS } from "./metrics.ts";
import { SeriesPanel } from "./SeriesPanel.tsx";

/** Monitor, investigate, explore: tiles, the course of one of them, and where it comes from. */
export function OverviewPage() {
  const [metric, choose] = useChoice("metric", KPI_METRICS);
  return (
    <div className={styles.page}>
      <KpiPanel chosen={metric} onChoose={choose} />
      <div className={styles.split}>
        <SeriesPanel metric={metric} />
        <LivePanel />
      </div>
      <div className={styles.halves}>
        <BreakdownPanel name="what" dimensions={["CATEGORY", "PRODUCT"]} metric={metric} />
        <BreakdownPanel
          name="who"
          dimensions={["REP", "CUSTOMER", "SEGMENT", "REGION", "CHANNEL"]}
          metric={metric}
        />
      </div>
      <HeatmapPanel metric={metric} />
    </div>
  );
}
