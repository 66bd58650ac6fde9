import { t } from "@lingui/core/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { DataSourcesDocument } from "../../gql/graphql.ts";
import { formatExact } from "../../lib/numberFormat.ts";
import { DataTable } from "../../ui/DataTable.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useReporting } from "../shared/reporting.ts";
import { formatInstant } from "./instants.ts";
import { useRetryAfter } from "./useRetryAfter.ts";
import { formatInteger } from "./wizard/words.ts";

const POLL_MS = 10_000;

/** Where the sales come from. */
export function SourcesPanel({ changes }: { readonly changes: number }) {
  const { zone, currency } = useReporting();
  const query = usePanelQuery(DataSourcesDocument, {}, { pollInterval: POLL_MS });
  useRetryAfter(changes, query);
  return (
    <Panel
      title={t`Sources`}
      query={query}
      height={120}
      subtitle={t`Equal lines of two sources count twice`}
      empty={({ dataSources }) => (dataSources.length === 0 ? t`There is no source yet.` : null)}
    >
      {({ dataSources }) => (
        <DataTable
          caption={t`Sources`}
          rows={dataSources}
          rowKey={({ name }) => name}
          columns={[
            { id: "name", header: t`Source`, isSortable: false, value: ({ name }) => name },
            {
              id: "imports",
              header: t`Imports`,
              numeric: true,
              isSortable: false,
              value: ({ imports }) => formatInteger(imports),
            },
            {
              id: "lines",
              header: t`Lines imported`,
              definition: t`Lines that count. What programs recorded through the API is not among them.`,
              numeric: true,
              isSortable: false,
              value: ({ importedLines }) => formatExact(importedLines, { unit: "count", currency }),
            },
            {
              id: "last",
              header: t`Last import`,
              isSortable: false,
              value: ({ lastImportAt }) =>
                lastImportAt === null
                  ? t`recorded through the API, if at all`
                  : formatInstant(lastImportAt, zone),
            },
          ]}
        />
      )}
    </Panel>
  );
}
