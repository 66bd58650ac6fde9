import styles from "../shared/layout.module.css";
import { LossMakersPanel } from "./LossMakersPanel.tsx";
import { ProfitBreakdownPanel } from "./ProfitBreakdownPanel.tsx";
import { ProfitTimeSeriesPanel } from "./ProfitTimeSeriesPanel.tsx";
import { WaterfallPanel } from "./WaterfallPanel.tsx";

export default function ProfitabilityPage() {
  return (
    <div className={styles.page}>
      <div className={styles.halves}>
        <WaterfallPanel />
        <ProfitTimeSeriesPanel />
      </div>
      <div className={styles.halves}>
        <ProfitBreakdownPanel />
        <LossMakersPanel />
      </div>
    </div>
  );
}
