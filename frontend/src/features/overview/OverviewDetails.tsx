import type { MetricId } from "../../gql/graphql.ts";
import styles from "../shared/layout.module.css";
import { ChangePanel } from "./ChangePanel.tsx";
import { ForecastPanel } from "./ForecastPanel.tsx";
import { HeatmapPanel } from "./HeatmapPanel.tsx";
import { MoversPanel } from "./MoversPanel.tsx";
import { OverviewBreakdownPanel } from "./OverviewBreakdownPanel.tsx";

/** What moved and why, then the selected metric by dimension and by hour, and what is expected. */
export default function OverviewDetails({ metric }: { readonly metric: MetricId }) {
  return (
    <>
      <MoversPanel metric={metric} />
      <ChangePanel />
      <div className={styles.halves}>
        <OverviewBreakdownPanel param="what" dimensions={["CATEGORY", "PRODUCT"]} metric={metric} />
        <OverviewBreakdownPanel
          param="who"
          dimensions={["REP", "CUSTOMER", "SEGMENT", "REGION", "CHANNEL"]}
          metric={metric}
        />
      </div>
      <HeatmapPanel metric={metric} />
      <ForecastPanel metric={metric} />
    </>
  );
}
