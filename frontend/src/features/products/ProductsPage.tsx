import styles from "../shared/layout.module.css";
import { AbcPanel } from "./AbcPanel.tsx";
import { CategoryTreePanel } from "./CategoryTreePanel.tsx";
import { DiscountPanel } from "./DiscountPanel.tsx";
import { MarginPanel } from "./MarginPanel.tsx";
import { PairsPanel } from "./PairsPanel.tsx";
import { ParetoPanel } from "./ParetoPanel.tsx";
import { RankingPanel } from "./RankingPanel.tsx";
import { TrendPanel } from "./TrendPanel.tsx";

export default function ProductsPage() {
  return (
    <div className={styles.page}>
      <RankingPanel />
      <TrendPanel />
      <CategoryTreePanel />
      <div className={styles.halves}>
        <AbcPanel />
        <PairsPanel />
      </div>
      <DiscountPanel />
      <div className={styles.halves}>
        <MarginPanel />
        <ParetoPanel />
      </div>
    </div>
  );
}
