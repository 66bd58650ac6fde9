import { t } from "@lingui/core/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { DataQualityDocument } from "../../gql/graphql.ts";
import { DataTable } from "../../ui/DataTable.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useMetric } from "../shared/reporting.ts";
import styles from "./data.module.css";
import { qualityRows } from "./quality.ts";

/** The ids of "none", which filters take. */
const NO_CUSTOMER = "Q3VzdG9tZXI6MA";
const NO_REP = "U2FsZXNSZXA6MA";

/** What sales lack: a cost, a customer, a rep, a rate. */
export function QualityPanel() {
  const query = usePanelQuery(DataQualityDocument, {
    period: { preset: "ALL_TIME" },
    noCustomer: { customers: [NO_CUSTOMER] },
    noRep: { reps: [NO_REP] },
  });
  const { style } = useMetric()("REVENUE");
  const leftOut = query.extensions?.leftOut ?? [];
  return (
    <Panel
      title={t`Quality`}
      query={query}
      height={170}
      subtitle={t`Of all sales, whatever range the other pages show`}
    >
      {(data) => (
        <DataTable
          caption={t`Quality`}
          rows={qualityRows(data, leftOut.length > 0, style)}
          rowKey={({ what }) => what}
          columns={[
            { id: "what", header: t`Sales`, isSortable: false, value: ({ what }) => what },
            {
              id: "share",
              header: t`Of the revenue`,
              isSortable: false,
              value: ({ share }) => share,
            },
            {
              id: "effect",
              header: t`What follows`,
              isSortable: false,
              value: (row) => row.effect,
              render: ({ effect }) => <span className={styles.effect}>{effect}</span>,
            },
          ]}
        />
      )}
    </Panel>
  );
}
