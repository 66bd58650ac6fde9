import { t } from "@lingui/core/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  type ChangePartsFragment,
  ChangePartsFragmentDoc,
  type Dimension,
  OverviewChangeDocument,
  type OverviewChangeQuery,
} from "../../gql/graphql.ts";
import { type Among, formatAmong } from "../../lib/columnFormat.ts";
import { type Decimal, isZero, toNumber } from "../../lib/decimal.ts";
import { within } from "../../lib/locale.ts";
import { formatExact, formatSigned, type NumberStyle, withPlus } from "../../lib/numberFormat.ts";
import { useEnumParam } from "../../state/location.ts";
import { useView } from "../../state/useView.ts";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { SegmentedControl } from "../../ui/SegmentedControl.tsx";
import { DIMENSION_TITLES } from "../shared/BreakdownPanel.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { entityPathOrNull } from "../shared/entityPath.ts";
import { filterOf } from "../shared/filterLabels.ts";
import { memberLabel } from "../shared/memberLabel.ts";
import { NameCell } from "../shared/NameCell.tsx";
import { OrdersLink } from "../shared/OrdersLink.tsx";
import { Panel } from "../shared/Panel.tsx";
import { PeriodLabel } from "../shared/PeriodLabel.tsx";
import { useReporting } from "../shared/reporting.ts";
import { useToggleFilter } from "../shared/useToggleFilter.ts";
import { useViewVariables } from "../shared/viewVariables.ts";
import styles from "./ChangePanel.module.css";
import { EFFECTS, type Effect, effectText, effectTitle, largestEffect, steps } from "./effects.ts";

const DIMENSIONS = ["PRODUCT", "CATEGORY", "CUSTOMER", "REP", "REGION", "CHANNEL"] as const;
/** Members of the table; the file has as many as the API lists. */
const ROWS = 8;
const FILE_ROWS = 100;

type Change = NonNullable<OverviewChangeQuery["sales"]["change"]>;
type Row = Change["rows"][number];

/** What the change of revenue is made of: volume, mix, price, and what came and went. */
export function ChangePanel() {
  const [by, setBy] = useEnumParam("change", DIMENSIONS);
  const [{ comparison, range }] = useView();
  const { currency } = useReporting();
  const query = usePanelQuery(OverviewChangeDocument, {
    ...useViewVariables(),
    by,
    rows: FILE_ROWS,
  });
  const change = query.data?.sales.change;
  const total = unmask(ChangePartsFragmentDoc, change?.total);
  const money: NumberStyle = { unit: "money", currency };
  const rows = change?.rows ?? [];
  const columns = useColumns(change?.dimension ?? by, total, money);
  const most = total && largestEffect(total);
  return (
    <Panel
      title={t`What explains the change in revenue`}
      query={query}
      height={322}
      subtitle={
        <PeriodLabel {...query.data?.sales}>
          {most != null && ` · ${t`most of it: ${within(effectTitle(most, by))}`}`}
        </PeriodLabel>
      }
      empty={() => {
        if (change == null) {
          return comparison.to !== "off" && range === "all"
            ? t`All time has no period before it to compare with. Choose a shorter range.`
            : t`Nothing is compared: choose a comparison to see what explains the change.`;
        }
        return rows.length > 0 ? null : t`Nothing has changed.`;
      }}
      tools={
        <>
          <SegmentedControl
            name={t`Explain by`}
            value={by}
            options={DIMENSIONS.map((value) => ({ value, label: DIMENSION_TITLES[value] }))}
            onChange={setBy}
          />
          <ExportButton
            file={t`What explains the change in revenue`}
            of={query.data?.sales}
            label={t`the explanation`}
            columns={columns}
            rows={rows}
          />
        </>
      }
    >
      {() =>
        change &&
        total && (
          <div className={styles.sides}>
            <Steps total={total} by={change.dimension} money={money} />
            <DataTable
              caption={t`Largest changes and what they are made of`}
              columns={columns}
              rows={rows.slice(0, ROWS)}
              rowKey={({ id }) => id}
            />
          </div>
        )
      }
    </Panel>
  );
}

interface StepsProps {
  readonly total: ChangePartsFragment;
  readonly by: Dimension;
  readonly money: NumberStyle;
}

/** Each step is a row with a bar that begins where the one above ends. */
function Steps({ total, by, money }: StepsProps) {
  const shown = steps(total);
  const among = shown.map(({ amount }) => amount);
  const edges = shown.flatMap(({ start, end }) => [start, end]);
  const low = Math.min(0, ...edges);
  const width = Math.max(0, ...edges) - low || 1;
  return (
    <table className={styles.steps}>
      <caption className="visually-hidden">{t`From the revenue before to the revenue now`}</caption>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">{t`Step`}</th>
          <th scope="col">{t`Chart`}</th>
          <th scope="col">{t`Amount`}</th>
        </tr>
      </thead>
      <tbody>
        {shown.map(({ effect, amount, start, end }) => {
          const isTotal = effect === "before" || effect === "now";
          const [from, to] = start < end ? [start, end] : [end, start];
          return (
            <tr key={effect} data-total={isTotal}>
              <th scope="row" title={isTotal ? undefined : effectText(effect, by)}>
                {effect === "before"
                  ? t`Before`
                  : effect === "now"
                    ? t`Now`
                    : effectTitle(effect, by)}
              </th>
              <td className={styles.track}>
                <span
                  className={styles.bar}
                  data-kind={isTotal ? "total" : end < start ? "down" : "up"}
                  style={{
                    insetInlineStart: `${((from - low) / width) * 100}%`,
                    width: `${((to - from) / width) * 100}%`,
                  }}
                />
              </td>
              <td title={formatExact(amount, money)}>
                {isTotal ? formatAmong(amount, money, among) : signed(amount, money, among)}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** A change with its sign, in the precision of its column. */
function signed(amount: Decimal, money: NumberStyle, among: Among): string {
  const text = formatAmong(amount, money, among);
  return toNumber(amount) > 0 ? withPlus(text) : text;
}

function useColumns(
  by: Dimension,
  total: ChangePartsFragment | null | undefined,
  money: NumberStyle,
): readonly Column<Row>[] {
  const toggleFilter = useToggleFilter();
  const [{ filters }] = useView();
  const filter = filterOf(by);
  const parts = (row: Row) => unmask(ChangePartsFragmentDoc, row.effects);
  const column = (
    id: Effect | "change",
    header: string,
    said: Pick<Column<Row>, "title" | "definition">,
  ): Column<Row> => ({
    id,
    header,
    ...said,
    numeric: true,
    value: (row) => parts(row)[id],
    render: (row, among) => {
      const amount = parts(row)[id];
      if (isZero(amount) && id !== "change") return "–";
      return <span title={formatSigned(amount, money)}>{signed(amount, money, among)}</span>;
    },
  });
  const change = column("change", "Δ", { title: t`Difference in revenue` });
  return [
    {
      id: "name",
      header: DIMENSION_TITLES[by],
      value: (row) => memberLabel(by, row),
      render: (row) => (
        <NameCell
          label={memberLabel(by, row)}
          path={row.isNone ? null : entityPathOrNull(by, row.id)}
          onFilter={() => toggleFilter(filter, row.id, memberLabel(by, row))}
        />
      ),
    },
    {
      ...change,
      render: (row, among) => (
        <OrdersLink changes={{ filters: { ...filters, [filter]: [row.id] } }}>
          <strong>{change.render?.(row, among)}</strong>
        </OrdersLink>
      ),
    },
    ...EFFECTS.filter((effect) => total == null || !isZero(total[effect])).map((effect) =>
      column(effect, SHORT[effect], { definition: effectText(effect, by) }),
    ),
  ];
}

const SHORT: Readonly<Record<Effect, string>> = {
  volume: t`Volume`,
  mix: t`Mix`,
  price: t`Price`,
  new: t`New`,
  gone: t`Gone`,
  unitless: t`Without units`,
};
