import { lazy, Suspense } from "react";
import { useEnumParam } from "../../state/location.ts";
import { Skeleton } from "../../ui/Skeleton.tsx";
import styles from "../shared/layout.module.css";
import { KPI_METRICS } from "./kpiMetrics.ts";
import { LivePanel } from "./LivePanel.tsx";
import { OverviewKpiPanel } from "./OverviewKpiPanel.tsx";
import { OverviewTimeSeriesPanel } from "./OverviewTimeSeriesPanel.tsx";

/** What lies below the first screen loads after it. */
const OverviewDetails = lazy(() => import("./OverviewDetails.tsx"));

function Waiting() {
  return (
    <div data-chunk>
      <Skeleton height={2000} />
    </div>
  );
}

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
      <Suspense fallback={<Waiting />}>
        <OverviewDetails metric={metric} />
      </Suspense>
    </div>
  );
}
