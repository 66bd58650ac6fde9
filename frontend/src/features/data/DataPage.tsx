import { useApolloClient, useQuery } from "@apollo/client/react";
import { t } from "@lingui/core/macro";
import { useCallback, useState } from "react";
import { snapshotStore } from "../../api/snapshotStore.ts";
import { DataRightsDocument, ShellDocument } from "../../gql/graphql.ts";
import layout from "../shared/layout.module.css";
import { useReporting } from "../shared/reporting.ts";
import { Access } from "./Access.tsx";
import styles from "./data.module.css";
import { FeedsPanel } from "./FeedsPanel.tsx";
import { FreshnessPanel } from "./FreshnessPanel.tsx";
import { ImportsPanel } from "./ImportsPanel.tsx";
import { QualityPanel } from "./QualityPanel.tsx";
import { SourcesPanel } from "./SourcesPanel.tsx";
import { ImportWizard } from "./wizard/ImportWizard.tsx";

/** Where the figures come from: imports, sources, freshness, quality, definitions. */
export default function DataPage() {
  const client = useApolloClient();
  const { zone } = useReporting();
  const [changes, setChanges] = useState(0);
  const { data, refetch } = useQuery(DataRightsDocument, { fetchPolicy: "network-only" });
  const canImport = data?.viewer.scopes.includes("INGEST") ?? false;
  const onChanged = useCallback(() => {
    // The page's snapshot is older than what has just been booked.
    snapshotStore.release();
    client.refetchQueries({ include: [ShellDocument] });
    setChanges((before) => before + 1);
  }, [client]);
  return (
    <div className={`${layout.column} ${styles.page}`}>
      <div className={styles.top}>
        {data !== undefined && canImport && (
          <ImportWizard limit={Number(data.importLimits.fileBytes)} onImported={onChanged} />
        )}
        {data !== undefined && !canImport && (
          <Access
            name={data.viewer.name}
            isAnonymous={data.viewer.isAnonymous}
            onToken={() => {
              refetch().catch(() => undefined);
            }}
          />
        )}
      </div>
      <p className={styles.muted}>{t`Times are those of ${zone}.`}</p>
      {canImport && <FeedsPanel onChanged={onChanged} />}
      <ImportsPanel canImport={canImport} changes={changes} onChanged={onChanged} />
      <div className={layout.halves}>
        <SourcesPanel changes={changes} />
        <QualityPanel />
      </div>
      <FreshnessPanel />
      <Definitions />
    </div>
  );
}

function Definitions() {
  const { metrics } = useReporting();
  return (
    <section className={styles.access} aria-labelledby="definitions-title">
      <h2 id="definitions-title">{t`Definitions`}</h2>
      <dl className={styles.definitions}>
        {[...metrics.values()].map(({ id, title, definition }) => (
          <div key={id}>
            <dt>{title}</dt>
            <dd>{definition}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
