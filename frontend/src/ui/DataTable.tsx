import { t } from "@lingui/core/macro";
import { type ReactNode, useMemo, useState } from "react";
import type { Among } from "../lib/columnFormat.ts";
import { compareDecimals, type Decimal } from "../lib/decimal.ts";
import { LOCALE } from "../lib/locale.ts";
import styles from "./DataTable.module.css";
import { Scroller } from "./Scroller.tsx";

export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  /** The name in full, as files have it, where the header is short. */
  readonly title?: string;
  /** What the values are. */
  readonly definition?: string;
  readonly numeric?: boolean;
  /** The exact value for sorting and export; `null` for none. */
  readonly value: (row: Row) => string | null;
  /** What the cell shows instead of its value; `among` are all values of its column. */
  readonly render?: (row: Row, among: Among) => ReactNode;
  readonly isSortable?: boolean;
  /** The column that names the row and takes the remaining width; the first by default. */
  readonly isName?: boolean;
  /** Whether names are wrapped rather than cut: labels of the page, which have no title. */
  readonly isWhole?: boolean;
}

export interface Sorting {
  readonly column: string;
  readonly descending: boolean;
}

/** A cell of the last row: its column is written in a precision that suits its value too. */
export interface FooterCell {
  readonly value: string | null;
  readonly render: (among: Among) => ReactNode;
}

interface DataTableProps<Row> {
  /** The accessible name. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly initialSort?: Sorting;
  /** The order that the rows have already, and what changes it; without it, the table sorts. */
  readonly order?: { readonly sorting: Sorting; readonly onSort: (sorting: Sorting) => void };
  /** The last row, which is not sorted. */
  readonly footer?: readonly (FooterCell | string)[];
  /** Rows to show until the user expands the table. */
  readonly limit?: number;
}

/** A table with sortable columns. */
export function DataTable<Row>({
  caption,
  columns,
  rows,
  rowKey,
  initialSort,
  order,
  footer,
  limit = Number.POSITIVE_INFINITY,
}: DataTableProps<Row>) {
  const nameId = (columns.find(({ isName }) => isName) ?? columns[0])?.id;
  const [ownSorting, setSorting] = useState<Sorting | undefined>(initialSort);
  const sorting = order?.sorting ?? ownSorting;
  const [showsAll, setShowsAll] = useState(false);
  const sorted = useMemo(
    () => (order === undefined ? sortRows(rows, columns, ownSorting) : rows),
    [rows, columns, order, ownSorting],
  );
  const shown = showsAll ? sorted : sorted.slice(0, limit);
  const among = new Map<string, Among>(
    columns.map((column, index) => [
      column.id,
      column.numeric ? columnValues(column, rows, footer?.[index]) : [],
    ]),
  );

  function sortBy(column: Column<Row>) {
    const descending =
      sorting?.column === column.id ? !sorting.descending : column.numeric === true;
    (order?.onSort ?? setSorting)({ column: column.id, descending });
  }

  return (
    <>
      <Scroller name={caption} className={styles.scroller}>
        <table className={styles.table}>
          <caption className="visually-hidden">{caption}</caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <HeaderCell
                  key={column.id}
                  column={column}
                  isName={column.id === nameId}
                  sorting={sorting?.column === column.id ? sorting : undefined}
                  onSort={() => sortBy(column)}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={rowKey(row)}>
                {columns.map((column) => {
                  const content =
                    column.render?.(row, among.get(column.id) ?? []) ?? plainContent(column, row);
                  return column.id === nameId ? (
                    <th key={column.id} scope="row" data-whole={column.isWhole ?? !column.render}>
                      {content}
                    </th>
                  ) : (
                    <td key={column.id} data-numeric={column.numeric}>
                      {content}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
          {footer && (
            <tfoot>
              <tr>
                {footer.map((cell, index) => {
                  const column = columns[index];
                  const content =
                    typeof cell === "string"
                      ? cell
                      : cell.render(among.get(column?.id ?? "") ?? []);
                  return index === 0 ? (
                    <th key={column?.id ?? index} scope="row">
                      {content}
                    </th>
                  ) : (
                    <td key={column?.id ?? index} data-numeric={column?.numeric}>
                      {content}
                    </td>
                  );
                })}
              </tr>
            </tfoot>
          )}
        </table>
      </Scroller>
      {rows.length > limit && (
        <button type="button" className={styles.more} onClick={() => setShowsAll(!showsAll)}>
          {showsAll
            ? t`Show the first ${limit.toLocaleString(LOCALE)}`
            : t`Show all ${rows.length.toLocaleString(LOCALE)}`}
        </button>
      )}
    </>
  );
}

function columnValues<Row>(
  { value }: Column<Row>,
  rows: readonly Row[],
  footer: FooterCell | string | undefined,
): Among {
  const total = typeof footer === "object" ? footer.value : null;
  return [...rows.map(value), total] as Among;
}

/** A value without a form of its own: counts in the digits of the language. */
function plainContent<Row>({ numeric, value }: Column<Row>, row: Row): string {
  const found = value(row) ?? "–";
  return numeric && /^\d+$/.test(found) ? Number(found).toLocaleString(LOCALE) : found;
}

interface HeaderCellProps<Row> {
  readonly column: Column<Row>;
  readonly isName: boolean;
  readonly sorting: Sorting | undefined;
  readonly onSort: () => void;
}

function HeaderCell<Row>({ column, isName, sorting, onSort }: HeaderCellProps<Row>) {
  const direction = sorting && (sorting.descending ? "descending" : "ascending");
  return (
    <th
      scope="col"
      data-name={isName || undefined}
      data-numeric={column.numeric}
      aria-sort={direction}
      title={column.definition ?? column.title}
    >
      {column.isSortable === false ? (
        column.header
      ) : (
        <button type="button" className={styles.sort} onClick={onSort}>
          {column.header}
          <span aria-hidden="true" className={styles.arrow}>
            {direction === "descending" ? "↓" : direction === "ascending" ? "↑" : ""}
          </span>
        </button>
      )}
    </th>
  );
}

/** Sorts a copy; rows without a value come last in both directions, ties keep their order. */
export function sortRows<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  sorting: Sorting | undefined,
): readonly Row[] {
  const column = columns.find(({ id }) => id === sorting?.column);
  if (column === undefined || sorting === undefined) return rows;
  const sign = sorting.descending ? -1 : 1;
  return rows.toSorted((left, right) => {
    const [a, b] = [column.value(left), column.value(right)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return sign * (column.numeric ? compareDecimals(a as Decimal, b as Decimal) : collate(a, b));
  });
}

const collator = new Intl.Collator(LOCALE, { numeric: true, sensitivity: "base" });

function collate(left: string, right: string): number {
  return collator.compare(left, right);
}
