import type { MetricId } from "../../gql/graphql.ts";
import styles from "../shared/layout.module.css";
import { LivePanel } from "./LivePanel.tsx";
import { OverviewTimeSeriesPanel } from "./OverviewTimeSeriesPanel.tsx";

/** The selected metric over time, and today so far. */
export default function OverviewCharts({ metric }: { readonly metric: MetricId }) {
  return (
    <div className={styles.split}>
      <OverviewTimeSeriesPanel metric={metric} />
      <LivePanel />
    </div>
  );
}
