import { t } from "@lingui/core/macro";
import { useAllRows } from "../../api/useAllRows.ts";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import {
  CustomerLifetimeValueDocument,
  type CustomerLifetimeValueQuery,
} from "../../gql/graphql.ts";
import { formatCalendarDate } from "../../lib/dates.ts";
import { toNumber } from "../../lib/decimal.ts";
import { LOCALE } from "../../lib/locale.ts";
import {
  formatExact,
  formatPercent,
  formatTile,
  type NumberStyle,
} from "../../lib/numberFormat.ts";
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
import { customerName } from "./customerName.ts";
import styles from "./LifetimeValuePanel.module.css";

const PAGE_ROWS = 8;
/** The columns that need no model; the others are predictions. */
const OBSERVED_COLUMNS = 2;

type Lifetime = CustomerLifetimeValueQuery["customers"]["lifetimeValue"];
type Row = Lifetime["customers"]["nodes"][number];

/** Lifetime value: revenue so far and expected. */
export function LifetimeValuePanel() {
  const list = useList({ param: "value", metric: "REVENUE", pageSize: PAGE_ROWS, of: null });
  const { first, after } = list.variables;
  const query = usePanelQuery(CustomerLifetimeValueDocument, { first, after });
  const loadRows = useAllRows(
    CustomerLifetimeValueDocument,
    { first, after },
    (data) => data.customers.lifetimeValue.customers,
  );
  const { currency } = useReporting();
  const money: NumberStyle = { unit: "money", currency };
  const rows = query.data?.customers.lifetimeValue.customers.nodes ?? [];
  const isFitted = query.data?.customers.lifetimeValue.model != null;
  const columns = lifetimeColumns(money).slice(0, isFitted ? undefined : OBSERVED_COLUMNS);
  return (
    <Panel
      title={t`Lifetime value`}
      subtitle={
        query.data && !isFitted
          ? t`So far; predictions are not computed yet`
          : predictionText(query.data?.customers.lifetimeValue.model)
      }
      query={query}
      height={420}
      computedAt={({ customers }) => customers.lifetimeValue.model?.fittedAt ?? null}
      empty={() => (rows.length ? null : t`There are no customers yet.`)}
      tools={
        <ExportButton
          file={t`Lifetime value`}
          of={WHOLE_HISTORY}
          label={t`lifetime values`}
          columns={columns}
          rows={rows}
          loadRows={loadRows}
        />
      }
    >
      {({ customers: { lifetimeValue } }) => (
        <>
          <Summary lifetime={lifetimeValue} money={money} />
          <ListTable
            caption={t`Customers by expected revenue`}
            columns={columns.map((column) => ({ ...column, isSortable: false }))}
            list={list}
            page={lifetimeValue.customers}
            rowKey={({ customer }) => customer.id}
            isStale={query.isStale}
            canSearch={false}
          />
        </>
      )}
    </Panel>
  );
}

/** What the predictions count, and from when on. */
export function predictionText(model: Lifetime["model"] | undefined): string {
  return model?.observedUntil
    ? t`So far, and as the purchase models expect from ${formatCalendarDate(model.observedUntil)} on, before returns`
    : t`So far, and as the purchase models expect, before returns`;
}

function Summary({
  lifetime,
  money,
}: {
  readonly lifetime: Lifetime;
  readonly money: NumberStyle;
}) {
  const { average, median, expected, model } = lifetime;
  const entries = [
    [t`Average so far`, average],
    [t`Median so far`, median],
    ...(model
      ? [[t`Expected in ${model.horizonDays.toLocaleString(LOCALE)} days`, expected] as const]
      : []),
  ] as const;
  return (
    <dl className={styles.summary}>
      {entries.map(([title, value]) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd title={value === null ? undefined : formatExact(value, money)}>
            {value === null ? "–" : formatTile(value, money)}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function lifetimeColumns(money: NumberStyle): readonly Column<Row>[] {
  return [
    {
      id: "name",
      header: t`Customer`,
      value: ({ customer }) => customerName(customer),
      render: ({ customer }) => (
        <NameCell label={customerName(customer)} path={entityPath("CUSTOMER", customer.id)} />
      ),
    },
    {
      id: "revenue",
      header: t`So far`,
      title: t`Revenue so far`,
      numeric: true,
      value: ({ revenue }) => revenue,
      render: ({ revenue }, among) => <Amount value={revenue} style={money} among={among} />,
    },
    {
      id: "expected",
      header: t`Expected`,
      definition: t`Expected sales within the horizon, before returns`,
      numeric: true,
      value: ({ prediction }) => prediction?.expectedRevenue ?? null,
      render: ({ prediction }, among) => (
        <Amount value={prediction?.expectedRevenue} style={money} among={among} />
      ),
    },
    {
      id: "orders",
      header: t`Purchase days`,
      definition: t`Expected days with a purchase within the horizon`,
      numeric: true,
      value: ({ prediction }) => prediction?.expectedOrders ?? null,
      render: ({ prediction }, among) => (
        <Amount
          value={prediction?.expectedOrders}
          style={{ ...money, unit: "count" }}
          among={among}
        />
      ),
    },
    {
      id: "alive",
      header: t`Active`,
      definition: t`Probability that the customer still bought on the last day with a purchase`,
      numeric: true,
      value: ({ prediction }) => prediction?.probabilityAlive ?? null,
      render: ({ prediction }) =>
        prediction && formatPercent(toNumber(prediction.probabilityAlive), 0),
    },
  ];
}
