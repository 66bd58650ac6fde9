import { t } from "@lingui/core/macro";
import { serverText } from "#i18n";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { CustomerSegmentsDocument, type CustomerSegmentsQuery } from "../../gql/graphql.ts";
import { toNumber } from "../../lib/decimal.ts";
import { LOCALE } from "../../lib/locale.ts";
import { formatExact, formatShare, type NumberStyle } from "../../lib/numberFormat.ts";
import { BarCell, longestBar } from "../../ui/BarCell.tsx";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { Amount } from "../shared/metricColumns.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useReporting } from "../shared/reporting.ts";
import { WHOLE_HISTORY } from "../shared/useFileNotes.ts";
import { useToggleFilter } from "../shared/useToggleFilter.ts";
import { useViewVariables } from "../shared/viewVariables.ts";
import { segmentGroup } from "./customerGroup.ts";
import { GroupLink } from "./GroupLink.tsx";
import { segmentTitle } from "./segmentTitle.ts";

type Row = CustomerSegmentsQuery["customers"]["segments"]["rows"][number];

/** Customers by RFM segment; a click on a segment filters the page. */
export function SegmentPanel() {
  const { filters } = useViewVariables();
  const query = usePanelQuery(CustomerSegmentsDocument, { filters });
  const toggleFilter = useToggleFilter();
  const { currency } = useReporting();
  const rows = query.data?.customers.segments.rows ?? [];
  const columns = segmentColumns(rows, { unit: "money", currency }, (row) =>
    toggleFilter("segment", row.segment, segmentTitle(row.segment)),
  );
  return (
    <Panel
      title={t`Segments`}
      subtitle={t`By recency, frequency and monetary value over the whole history`}
      query={query}
      height={370}
      computedAt={({ customers }) => customers.segments.asOf}
      empty={({ customers }) =>
        customers.segments.asOf === null ? t`Segments have not been computed yet.` : null
      }
      tools={
        <ExportButton
          file={t`Segments`}
          label={t`segments`}
          of={WHOLE_HISTORY}
          columns={columns}
          rows={rows}
        />
      }
    >
      {() => (
        <DataTable
          caption={t`Customer segments`}
          columns={columns}
          rows={rows}
          rowKey={({ segment }) => segment}
        />
      )}
    </Panel>
  );
}

function segmentColumns(
  rows: readonly Row[],
  money: NumberStyle,
  onFilter: (row: Row) => void,
): readonly Column<Row>[] {
  const longest = longestBar(rows.map(({ revenue }) => revenue));
  return [
    {
      id: "segment",
      header: t`Segment`,
      isWhole: true,
      value: ({ segment }) => segmentTitle(segment),
      render: (row) => (
        <BarCell value={row.revenue} longest={longest}>
          <button
            type="button"
            title={serverText(`segment.${row.segment}.description`, row.description)}
            onClick={() => onFilter(row)}
          >
            {segmentTitle(row.segment)}
          </button>
        </BarCell>
      ),
    },
    {
      id: "customers",
      header: t({ message: "Customers", context: "how many" }),
      numeric: true,
      value: ({ customers }) => String(customers),
      render: ({ segment, customers }) => (
        <GroupLink group={segmentGroup(segment)}>{customers.toLocaleString(LOCALE)}</GroupLink>
      ),
    },
    {
      id: "customersShare",
      header: t`Share`,
      title: t`Share of customers`,
      numeric: true,
      value: ({ customersShare }) => customersShare,
      render: ({ customersShare }) => formatShare(customersShare),
    },
    {
      id: "revenue",
      header: t`Revenue`,
      numeric: true,
      value: ({ revenue }) => revenue,
      render: ({ revenue }, among) => <Amount value={revenue} style={money} among={among} />,
    },
    {
      id: "revenueShare",
      header: t`Share`,
      title: t`Share of revenue`,
      numeric: true,
      value: ({ revenueShare }) => revenueShare,
      render: ({ revenueShare }) => formatShare(revenueShare),
    },
    {
      id: "revenuePerCustomer",
      header: t`Each`,
      title: t`Revenue per customer`,
      numeric: true,
      value: ({ averageRevenue }) => averageRevenue,
      render: ({ averageRevenue }, among) => (
        <Amount value={averageRevenue} style={money} among={among} />
      ),
    },
    {
      id: "orders",
      header: t`Orders each`,
      numeric: true,
      value: ({ averageOrders }) => averageOrders,
      render: ({ averageOrders }, among) => (
        <Amount value={averageOrders} style={{ ...money, unit: "count" }} among={among} />
      ),
    },
    {
      id: "recency",
      header: t`Days since last order`,
      numeric: true,
      value: ({ averageRecencyDays }) => averageRecencyDays,
      render: ({ averageRecencyDays }) =>
        averageRecencyDays &&
        formatExact(String(Math.round(toNumber(averageRecencyDays))), {
          ...money,
          unit: "count",
        }),
    },
  ];
}
