import styles from "../shared/layout.module.css";
import { LeaderboardPanel } from "./LeaderboardPanel.tsx";

export default function RepsPage() {
  return (
    <div className={styles.page}>
      <LeaderboardPanel />
    </div>
  );
}
