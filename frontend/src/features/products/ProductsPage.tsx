import styles from "../shared/layout.module.css";
import { AbcPanel } from "./AbcPanel.tsx";
import { DiscountPanel } from "./DiscountPanel.tsx";
import { PairsPanel } from "./PairsPanel.tsx";
import { RankingPanel } from "./RankingPanel.tsx";

export default function ProductsPage() {
  return (
    <div className={styles.page}>
      <RankingPanel />
      <div className={styles.halves}>
        <AbcPanel />
        <PairsPanel />
      </div>
      <DiscountPanel />
    </div>
  );
}
