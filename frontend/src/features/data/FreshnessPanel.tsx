import { t } from "@lingui/core/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { DataFreshnessDocument } from "../../gql/graphql.ts";
import { DataTable } from "../../ui/DataTable.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useReporting } from "../shared/reporting.ts";
import styles from "./data.module.css";
import { type Freshness, freshnessRows } from "./freshness.ts";
import { formatInstant } from "./instants.ts";

const POLL_MS = 5000;

/** How far each tier and view is behind the ledger. */
export function FreshnessPanel() {
  const { zone } = useReporting();
  const query = usePanelQuery(DataFreshnessDocument, {}, { pollInterval: POLL_MS });
  const at = (instant: string | null) => (instant === null ? null : formatInstant(instant, zone));
  return (
    <Panel title={t`Freshness`} query={query} height={260} subtitle={t`What the figures are as of`}>
      {({ freshness, reporting }) => (
        <DataTable
          caption={t`Freshness`}
          rows={freshnessRows(freshness, reporting.lastImportAt)}
          rowKey={({ name }) => name}
          limit={30}
          columns={[
            {
              id: "name",
              header: t`What`,
              isSortable: false,
              value: ({ name }: Freshness) => name,
            },
            { id: "asOf", header: t`As of`, isSortable: false, value: ({ asOf }) => at(asOf) },
            {
              id: "state",
              header: t`State`,
              isSortable: false,
              value: ({ state }) => state,
              render: ({ state, isBehind }) =>
                isBehind ? <strong className={styles.warn}>{state}</strong> : state,
            },
          ]}
        />
      )}
    </Panel>
  );
}
