import { t } from "@lingui/core/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { RepAttainmentDocument, type RepAttainmentQuery } from "../../gql/graphql.ts";
import type { Among } from "../../lib/columnFormat.ts";
import { within } from "../../lib/locale.ts";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { useEntityVariables } from "../entity/entitySales.ts";
import { ExportButton } from "../shared/ExportButton.tsx";
import { Amount } from "../shared/metricColumns.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useReporting } from "../shared/reporting.ts";
import { attainmentColumn } from "./attainmentColumn.tsx";
import { monthInRange } from "./monthInRange.ts";

const TITLE = t`Attainment by month`;
const INITIAL_ROWS = 12;

type Row = NonNullable<RepAttainmentQuery["rep"]>["monthlyAttainment"][number];

/** Revenue and quota by month. */
export function AttainmentPanel({ id }: { readonly id: string }) {
  const { period, zone } = useEntityVariables();
  const query = usePanelQuery(RepAttainmentDocument, { id, period, zone });
  const { currency } = useReporting();
  const rep = query.data?.rep;
  const rows = rep?.monthlyAttainment ?? [];
  const days = rep?.sales.period;
  const money = (value: string | null, among: Among) => (
    <Amount value={value} style={{ unit: "money", currency }} among={among} />
  );
  const columns: readonly Column<Row>[] = [
    {
      id: "month",
      header: t`Month`,
      // Names of months do not sort by time; the rows are in order already.
      isSortable: false,
      value: ({ month }) => month,
      render: ({ month, isRunning }) =>
        monthInRange(month, days) + (isRunning ? ` (${t`not complete yet`})` : ""),
    },
    {
      id: "revenue",
      header: t`Revenue`,
      numeric: true,
      value: ({ attainment }) => attainment.revenue,
      render: ({ attainment }, among) => money(attainment.revenue, among),
    },
    {
      id: "quota",
      header: t`Quota`,
      definition: t`Quota of the part of the month that lies in the range`,
      numeric: true,
      value: ({ attainment }) => attainment.quota,
      render: ({ attainment }, among) => money(attainment.quota, among),
    },
    attainmentColumn(rep ? [...rows, rep] : rows),
  ];
  return (
    <Panel
      title={TITLE}
      query={query}
      height={440}
      empty={() => (rows.length ? null : t`There is no month in this range.`)}
      tools={
        <ExportButton
          file={TITLE}
          label={within(TITLE)}
          of={rep?.sales}
          columns={columns}
          rows={rows}
        />
      }
    >
      {() => (
        <DataTable
          caption={TITLE}
          columns={columns}
          rows={rows}
          rowKey={({ month }) => month}
          limit={INITIAL_ROWS}
          {...(rep && {
            footer: [
              t`Together`,
              ...[rep.attainment.revenue, rep.attainment.quota].map((value) => ({
                value,
                render: (among: Among) => money(value, among),
              })),
              {
                value: rep.attainment.ratio,
                render: (among: Among) => attainmentColumn([...rows, rep]).render?.(rep, among),
              },
            ],
          })}
        />
      )}
    </Panel>
  );
}
