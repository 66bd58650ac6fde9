import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { RepAttainmentDocument, type RepAttainmentQuery } from "../../gql/graphql.ts";
import { formatBucketLong } from "../../lib/dates.ts";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { useEntityVariables } from "../entity/sales.ts";
import { ExportButton } from "../shared/ChartTools.tsx";
import { exportTable } from "../shared/exportTable.ts";
import { Amount } from "../shared/figureColumns.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useReporting } from "../shared/reporting.ts";
import { AttainmentMeter } from "./AttainmentMeter.tsx";

const TITLE = "Attainment by month";
const SHOWN = 12;

type Row = NonNullable<RepAttainmentQuery["rep"]>["monthlyAttainment"][number];

/** How much of the quota was sold, month by month. */
export function AttainmentPanel({ id }: { readonly id: string }) {
  const { period, zone } = useEntityVariables();
  const query = usePanelQuery(RepAttainmentDocument, { id, period, zone });
  const { currency } = useReporting();
  const rep = query.data?.rep;
  const rows = rep?.monthlyAttainment ?? [];
  const money = (value: string | null) => (
    <Amount value={value} style={{ unit: "money", currency }} />
  );
  const columns: readonly Column<Row>[] = [
    {
      id: "month",
      header: "Month",
      // Names of months do not sort by time; the rows already do.
      isSortable: false,
      value: ({ month }) => month,
      render: ({ month, isRunning }) => monthName(month) + (isRunning ? " (not complete yet)" : ""),
    },
    {
      id: "revenue",
      header: "Revenue",
      numeric: true,
      value: ({ attainment }) => attainment.revenue,
      render: ({ attainment }) => money(attainment.revenue),
    },
    {
      id: "quota",
      header: "Quota",
      title: "Quota of the part of the month that lies in the range",
      numeric: true,
      value: ({ attainment }) => attainment.quota,
      render: ({ attainment }) => money(attainment.quota),
    },
    {
      id: "attainment",
      header: "Attainment",
      title: "Revenue divided by quota",
      numeric: true,
      value: ({ attainment }) => attainment.ratio,
      render: ({ attainment }) => <AttainmentMeter ratio={attainment.ratio} />,
    },
  ];
  return (
    <Panel
      title={TITLE}
      query={query}
      height={440}
      empty={() => (rows.length ? null : "There is no month in this range.")}
      tools={
        <ExportButton
          what={TITLE.toLowerCase()}
          isDisabled={rows.length === 0}
          onExport={() => exportTable(TITLE, columns, rows)}
        />
      }
    >
      {() => (
        <DataTable
          caption={TITLE}
          columns={columns}
          rows={rows}
          rowKey={({ month }) => month}
          limit={SHOWN}
          {...(rep && {
            footer: [
              "Together",
              money(rep.attainment.revenue),
              money(rep.attainment.quota),
              <AttainmentMeter key="together" ratio={rep.attainment.ratio} />,
            ],
          })}
        />
      )}
    </Panel>
  );
}

function monthName(month: string): string {
  return formatBucketLong(`${month}T00:00:00Z`, "MONTH", "UTC");
}
