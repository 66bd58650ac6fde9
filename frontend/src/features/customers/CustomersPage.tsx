import styles from "../shared/layout.module.css";
import { CohortPanel } from "./CohortPanel.tsx";
import { ConcentrationPanel } from "./ConcentrationPanel.tsx";
import { CustomerKpiPanel } from "./CustomerKpiPanel.tsx";
import { GroupPanel } from "./GroupPanel.tsx";
import { LifetimeValuePanel } from "./LifetimeValuePanel.tsx";
import { NewReturningPanel } from "./NewReturningPanel.tsx";
import { RfmPanel } from "./RfmPanel.tsx";
import { SegmentPanel } from "./SegmentPanel.tsx";
import { TopCustomersPanel } from "./TopCustomersPanel.tsx";

export default function CustomersPage() {
  return (
    <div className={styles.page}>
      <GroupPanel />
      <CustomerKpiPanel />
      <div className={styles.halves}>
        <NewReturningPanel />
        <TopCustomersPanel />
      </div>
      <SegmentPanel />
      <div className={styles.halves}>
        <RfmPanel />
        <LifetimeValuePanel />
      </div>
      <ConcentrationPanel />
      <CohortPanel />
    </div>
  );
}
