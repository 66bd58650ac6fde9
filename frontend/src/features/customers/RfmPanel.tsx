import { plural, t } from "@lingui/core/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { CustomerRfmDocument, type CustomerRfmQuery } from "../../gql/graphql.ts";
import { toNumber } from "../../lib/decimal.ts";
import { LOCALE } from "../../lib/locale.ts";
import { formatCompact, formatExact, type NumberStyle } from "../../lib/numberFormat.ts";
import { useEnumParam } from "../../state/location.ts";
import type { Column } from "../../ui/DataTable.tsx";
import { Scroller } from "../../ui/Scroller.tsx";
import { SegmentedControl } from "../../ui/SegmentedControl.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useReporting } from "../shared/reporting.ts";
import { WHOLE_HISTORY } from "../shared/useFileNotes.ts";
import { scoresGroup } from "./customerGroup.ts";
import { GroupLink } from "./GroupLink.tsx";
import styles from "./RfmPanel.module.css";

type Grid = CustomerRfmQuery["customers"]["rfm"];

const COLORINGS = ["CUSTOMERS", "REVENUE"] as const;
const TITLES = {
  CUSTOMERS: t({ message: "Customers", context: "how many" }),
  REVENUE: t`Revenue`,
} as const;
const SCORES = [1, 2, 3, 4, 5] as const;
const SCORE_NAMES = [
  t({ message: "lowest", context: "fifth of the customers" }),
  t({ message: "low", context: "fifth of the customers" }),
  t({ message: "middle", context: "fifth of the customers" }),
  t({ message: "high", context: "fifth of the customers" }),
  t({ message: "highest", context: "fifth of the customers" }),
] as const;

/** The number and the revenue of customers by recency and frequency score. */
export function RfmPanel() {
  const [by, setBy] = useEnumParam("rfm", COLORINGS);
  const query = usePanelQuery(CustomerRfmDocument, {});
  const { currency } = useReporting();
  const grid = query.data?.customers.rfm;
  return (
    <Panel
      title={t`Recency and frequency`}
      subtitle={t`Customers by both scores, over the whole history`}
      query={query}
      height={392}
      computedAt={({ customers }) => customers.rfm.asOf}
      empty={({ customers }) =>
        customers.rfm.asOf === null ? t`Scores have not been computed yet.` : null
      }
      tools={
        <>
          <SegmentedControl
            name={t`Colour by`}
            value={by}
            options={COLORINGS.map((value) => ({ value, label: TITLES[value] }))}
            onChange={setBy}
          />
          <ExportButton
            file={t`Recency and frequency`}
            of={WHOLE_HISTORY}
            label={t`recency and frequency`}
            columns={grid ? gridColumns(grid) : []}
            rows={grid ? [...grid.customers.keys()] : []}
          />
        </>
      }
    >
      {({ customers }) => (
        <GridTable grid={customers.rfm} by={by} money={{ unit: "money", currency }} />
      )}
    </Panel>
  );
}

interface GridTableProps {
  readonly grid: Grid;
  readonly by: (typeof COLORINGS)[number];
  readonly money: NumberStyle;
}

function GridTable({ grid, by, money }: GridTableProps) {
  const sizes = grid.customers.map((count, index) =>
    by === "CUSTOMERS" ? count : toNumber(grid.revenue[index]),
  );
  const most = Math.max(0, ...sizes);
  const cells = new Map(
    grid.customers.map((_, index) => [`${grid.recency[index]}-${grid.frequency[index]}`, index]),
  );
  return (
    <Scroller name={t`Recency and frequency`} className={styles.scroller}>
      <table className={styles.table}>
        <caption className="visually-hidden">{t`Customers and their revenue by recency score, in rows, and frequency score, in columns`}</caption>
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">{t`Recency`}</span>
            </th>
            {SCORES.map((score) => (
              <th key={score} scope="col" title={`${t`Frequency`}: ${SCORE_NAMES[score - 1]}`}>
                <span className="visually-hidden">{`${t`Frequency`} `}</span>
                {score.toLocaleString(LOCALE)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {SCORES.toReversed().map((recency) => (
            <tr key={recency}>
              <th scope="row" title={`${t`Recency`}: ${SCORE_NAMES[recency - 1]}`}>
                <span className="visually-hidden">{`${t`Recency`} `}</span>
                {recency.toLocaleString(LOCALE)}
              </th>
              {SCORES.map((frequency) => {
                const index = cells.get(`${recency}-${frequency}`);
                const count = index === undefined ? 0 : (grid.customers[index] ?? 0);
                const revenue = (index === undefined ? null : grid.revenue[index]) ?? "0";
                const amount = formatExact(revenue, money);
                const size = index === undefined ? 0 : (sizes[index] ?? 0);
                return (
                  <td
                    key={frequency}
                    className={styles.cell}
                    title={plural(count, {
                      one: `Recency ${recency}, frequency ${frequency}: # customer, ${amount}`,
                      other: `Recency ${recency}, frequency ${frequency}: # customers, ${amount}`,
                    })}
                    style={{ "--level": heatLevel(size, most) }}
                  >
                    {count === 0 ? (
                      <span className={styles.none}>–</span>
                    ) : (
                      <GroupLink group={scoresGroup(recency, frequency)}>
                        <strong>{count.toLocaleString(LOCALE)}</strong>
                        <span>{formatCompact(revenue, money)}</span>
                      </GroupLink>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles.axes} aria-hidden="true">
        <span>{t`↑ bought lately`}</span>
        <span>{t`buys often →`}</span>
      </p>
    </Scroller>
  );
}

/** How dark a cell is, 0 to 1; the square root keeps small values visible. */
export function heatLevel(size: number, most: number): number {
  return size <= 0 || most <= 0 ? 0 : Number(Math.sqrt(size / most).toFixed(3));
}

/** The columns of the export, with one row for each index of a cell. */
function gridColumns(grid: Grid): readonly Column<number>[] {
  return [
    { id: "recency", header: t`Recency score`, value: (i) => String(grid.recency[i] ?? "") },
    { id: "frequency", header: t`Frequency score`, value: (i) => String(grid.frequency[i] ?? "") },
    {
      id: "customers",
      header: t({ message: "Customers", context: "how many" }),
      value: (i) => String(grid.customers[i] ?? ""),
    },
    { id: "revenue", header: t`Revenue`, value: (i) => grid.revenue[i] ?? null },
    {
      id: "monetary",
      header: t`Average monetary score`,
      value: (i) => grid.averageMonetary[i] ?? null,
    },
  ];
}
