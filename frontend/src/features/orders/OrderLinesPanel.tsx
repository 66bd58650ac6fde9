import { t } from "@lingui/core/macro";
import type { PanelQuery } from "../../api/usePanelQuery.ts";
import type { LedgerKind, OrderDetailsQuery } from "../../gql/graphql.ts";
import { formatAmong } from "../../lib/columnFormat.ts";
import { formatMoment } from "../../lib/dates.ts";
import { type Decimal, isZero, sum } from "../../lib/decimal.ts";
import { formatExact, type NumberStyle } from "../../lib/numberFormat.ts";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { entityPath } from "../shared/entityPath.ts";
import { NameCell } from "../shared/NameCell.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useReporting } from "../shared/reporting.ts";
import { WHOLE_HISTORY } from "../shared/useFileNotes.ts";

type Line = NonNullable<OrderDetailsQuery["order"]>["lines"][number];

const KIND_TITLES: Readonly<Record<LedgerKind, string>> = {
  SALE: t`Sale`,
  RETURN: t`Return`,
  CORRECTION: t`Correction`,
  VOID: t`Cancelled`,
};

/** A line's cost; `null` where none is known, which is booked as 0. */
function costOf({ cost, revenue }: Line): Decimal | null {
  return isZero(cost) && !isZero(revenue) ? null : cost;
}

const AMOUNTS: readonly {
  readonly id: string;
  readonly header: string;
  readonly definition: string;
  readonly value: (line: Line) => Decimal | null;
}[] = [
  {
    id: "gross",
    header: t`Gross`,
    definition: t`Amount before discount`,
    value: ({ gross }) => gross,
  },
  {
    id: "discount",
    header: t`Discount`,
    definition: t`What was taken off`,
    value: ({ discount }) => discount,
  },
  {
    id: "revenue",
    header: t`Revenue`,
    definition: t`Gross minus discount`,
    value: ({ revenue }) => revenue,
  },
  {
    id: "cost",
    header: t`Cost`,
    definition: t`What the goods cost, where that is known`,
    value: costOf,
  },
];

/** Every line of an order as it was booked, to the cent, and their sums. */
export function OrderLinesPanel({ query }: { readonly query: PanelQuery<OrderDetailsQuery> }) {
  const { zone, currency: reportingCurrency } = useReporting();
  const order = query.data?.order;
  const lines = order?.lines ?? [];
  const money: NumberStyle = { unit: "money", currency: order?.currency ?? reportingCurrency };
  const columns = lineColumns(money, zone);
  const total = (of: (line: Line) => Decimal | null) => {
    const known = lines.map(of).filter((value) => value !== null);
    // A sum of some costs would read as that of all.
    const value = known.length < lines.length ? null : sum(known);
    return { value, render: () => (value === null ? "–" : formatExact(value, money)) };
  };
  return (
    <Panel
      title={t`Lines`}
      subtitle={
        order
          ? t`As they were booked, in ${order.currency}; what takes back is negative`
          : t`As they were booked; what takes back is negative`
      }
      query={query}
      height={220}
      empty={() => (lines.length ? null : t`This order has no lines.`)}
      tools={
        <ExportButton
          file={t`Order ${order?.key ?? ""}`}
          label={t`the lines`}
          of={order ? WHOLE_HISTORY : undefined}
          amountsIn={money.currency}
          columns={columns}
          rows={lines}
        />
      }
    >
      {() => (
        <DataTable
          caption={t`Lines of this order`}
          columns={columns}
          rows={lines}
          rowKey={(line) => `${line.number} ${line.kind} ${line.bookedAt} ${line.revenue}`}
          footer={[t`Together`, "", "", "", "", ...AMOUNTS.map(({ value }) => total(value))]}
        />
      )}
    </Panel>
  );
}

function lineColumns(money: NumberStyle, zone: string): readonly Column<Line>[] {
  return [
    { id: "number", header: t`Line`, numeric: true, value: ({ number }) => String(number) },
    {
      id: "product",
      header: t`Product`,
      isName: true,
      value: ({ product }) => product.name,
      render: ({ product }) => (
        <NameCell label={product.name} path={entityPath("PRODUCT", product.id)} />
      ),
    },
    { id: "kind", header: t`Kind`, value: ({ kind }) => KIND_TITLES[kind] },
    {
      id: "at",
      header: t({ message: "Booked", context: "when" }),
      value: ({ bookedAt }) => bookedAt,
      render: ({ bookedAt }) => formatMoment(bookedAt, zone),
    },
    {
      id: "quantity",
      header: t`Quantity`,
      numeric: true,
      value: ({ quantity }) => quantity,
      render: ({ quantity }, among) => formatAmong(quantity, { ...money, unit: "count" }, among),
    },
    ...AMOUNTS.map(
      ({ id, header, definition, value }): Column<Line> => ({
        id,
        header,
        definition,
        numeric: true,
        value,
        render: (line) => {
          const amount = value(line);
          return amount === null ? "–" : formatExact(amount, money);
        },
      }),
    ),
  ];
}
