import styles from "../shared/layout.module.css";
import { LeaderboardPanel } from "./LeaderboardPanel.tsx";
import { PacePanel } from "./PacePanel.tsx";

export default function RepsPage() {
  return (
    <div className={styles.page}>
      <LeaderboardPanel />
      <PacePanel />
    </div>
  );
}
