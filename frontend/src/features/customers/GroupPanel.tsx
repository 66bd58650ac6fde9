import { plural, t } from "@lingui/core/macro";
import { useEffect, useRef } from "react";
import { useAllRows } from "../../api/useAllRows.ts";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { CustomerGroupDocument, type CustomerGroupQuery } from "../../gql/graphql.ts";
import { formatDay } from "../../lib/dates.ts";
import { useTextParam } from "../../state/useTextParam.ts";
import { BarCell, longestBar } from "../../ui/BarCell.tsx";
import type { Column } from "../../ui/DataTable.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { entityPath } from "../shared/entityPath.ts";
import { ListTable } from "../shared/ListTable.tsx";
import { Amount } from "../shared/metricColumns.tsx";
import { NameCell } from "../shared/NameCell.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useReporting } from "../shared/reporting.ts";
import { WHOLE_HISTORY } from "../shared/useFileNotes.ts";
import { useList } from "../shared/useList.ts";
import { GROUP, parseGroup } from "./customerGroup.ts";
import { customerName } from "./customerName.ts";
import styles from "./GroupPanel.module.css";
import { segmentTitle } from "./segmentTitle.ts";

const PAGE_ROWS = 12;

type Row = CustomerGroupQuery["customers"]["groupMembers"]["nodes"][number];

/** The customers behind a segment, a pair of scores or a cell of the cohorts; else nothing. */
export function GroupPanel() {
  const [written, write] = useTextParam(GROUP);
  const group = parseGroup(written);
  if (group === null) return null;
  return <Members key={written} {...group} onClose={() => write(null)} />;
}

interface MembersProps extends NonNullable<ReturnType<typeof parseGroup>> {
  readonly onClose: () => void;
}

function Members({ input, title, onClose }: MembersProps) {
  const frame = useRef<HTMLDivElement>(null);
  // The cell that was clicked lies further down the page.
  useEffect(() => frame.current?.focus({ preventScroll: true }), []);
  const list = useList({ param: "group", metric: "REVENUE", pageSize: PAGE_ROWS, of: input });
  const { search, first, after } = list.variables;
  const variables = { group: input, search, first, after };
  const query = usePanelQuery(CustomerGroupDocument, variables);
  const loadRows = useAllRows(
    CustomerGroupDocument,
    variables,
    ({ customers }) => customers.groupMembers,
  );
  const page = query.data?.customers.groupMembers;
  const rows = page?.nodes ?? [];
  const columns = useColumns(rows);
  return (
    <div ref={frame} tabIndex={-1} className={styles.frame}>
      <Panel
        title={t`Customers: ${title}`}
        query={query}
        height={489}
        subtitle={
          page
            ? plural(page.totalCount, {
                one: "# customer, over the whole history",
                other: "# customers, over the whole history",
              })
            : null
        }
        empty={() => (rows.length || list.search ? null : t`There is no such customer.`)}
        tools={
          <>
            <button type="button" className={styles.close} onClick={onClose}>{t`Close`}</button>
            <ExportButton
              file={`Customers, ${title}`}
              label={t`these customers`}
              of={WHOLE_HISTORY}
              search={search ?? ""}
              columns={columns}
              rows={rows}
              loadRows={loadRows}
            />
          </>
        }
      >
        {({ customers }) => (
          <ListTable
            caption={t`Customers: ${title}`}
            columns={columns}
            list={list}
            page={customers.groupMembers}
            rowKey={({ id }) => id}
            isStale={query.isStale}
          />
        )}
      </Panel>
    </div>
  );
}

function useColumns(rows: readonly Row[]): readonly Column<Row>[] {
  const { zone, currency } = useReporting();
  const longest = longestBar(rows.map(({ lifetime }) => lifetime.revenue));
  const day = (at: string | null) => (at === null ? "–" : formatDay(at, zone));
  const columns: readonly Column<Row>[] = [
    {
      id: "name",
      header: t`Customer`,
      value: customerName,
      render: (row) => (
        <BarCell value={row.lifetime.revenue} longest={longest}>
          <NameCell label={customerName(row)} path={entityPath("CUSTOMER", row.id)} />
        </BarCell>
      ),
    },
    {
      id: "revenue",
      header: t`Revenue`,
      title: t`Revenue so far`,
      numeric: true,
      value: ({ lifetime }) => lifetime.revenue,
      render: ({ lifetime }, among) => (
        <Amount value={lifetime.revenue} style={{ unit: "money", currency }} among={among} />
      ),
    },
    {
      id: "orders",
      header: t({ message: "Orders", context: "how many" }),
      numeric: true,
      value: ({ lifetime }) => String(lifetime.orders),
    },
    {
      id: "first",
      header: t`First order`,
      value: ({ lifetime }) => lifetime.firstOrderAt,
      render: ({ lifetime }) => day(lifetime.firstOrderAt),
    },
    {
      id: "last",
      header: t`Last order`,
      value: ({ lifetime }) => lifetime.lastOrderAt,
      render: ({ lifetime }) => day(lifetime.lastOrderAt),
    },
    {
      id: "segment",
      header: t`Segment`,
      value: ({ rfm }) => rfm && segmentTitle(rfm.segment),
    },
    {
      id: "scores",
      header: "R F M",
      definition: t`Recency, frequency and monetary score`,
      value: ({ rfm }) => rfm && `${rfm.recency} ${rfm.frequency} ${rfm.monetary}`,
    },
    { id: "country", header: t`Country`, value: ({ country }) => country },
  ];
  return columns.map((column) => ({ ...column, isSortable: false }));
}
