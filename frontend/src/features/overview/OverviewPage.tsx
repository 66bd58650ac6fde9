import { lazy, Suspense } from "react";
import { useEnumParam } from "../../state/location.ts";
import { Skeleton } from "../../ui/Skeleton.tsx";
import styles from "../shared/layout.module.css";
import { KPI_METRICS } from "./kpiMetrics.ts";
import { OverviewKpiPanel } from "./OverviewKpiPanel.tsx";

/** Needed as soon as the shell's query is answered, so that they load meanwhile. */
const charts = import("./OverviewCharts.tsx");
const OverviewCharts = lazy(() => charts);
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
      <Suspense fallback={<Waiting />}>
        <OverviewCharts metric={metric} />
        <Suspense fallback={<Waiting />}>
          <OverviewDetails metric={metric} />
        </Suspense>
      </Suspense>
    </div>
  );
}
