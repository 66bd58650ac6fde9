import styles from "../shared/layout.module.css";
import { LossPanel } from "./LossPanel.tsx";
import { ProfitByPanel } from "./ProfitByPanel.tsx";
import { ProfitSeriesPanel } from "./ProfitSeriesPanel.tsx";
import { WaterfallPanel } from "./WaterfallPanel.tsx";

export default function ProfitabilityPage() {
  return (
    <div className={styles.page}>
      <div className={styles.halves}>
        <WaterfallPanel />
        <ProfitSeriesPanel />
      </div>
      <div className={styles.halves}>
        <ProfitByPanel />
        <LossPanel />
      </div>
    </div>
  );
}
