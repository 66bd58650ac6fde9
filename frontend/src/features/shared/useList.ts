import { useEffect, useState } from "react";
import type { MetricId, SortDirection, SortValue } from "../../gql/graphql.ts";
import { setParams } from "../../state/location.ts";
import { useTextParam } from "../../state/useTextParam.ts";
import type { Sorting } from "../../ui/DataTable.tsx";

/** Rows of a page that the user can choose, after the panel's own number. */
const PAGE_SIZES = [25, 50, 100] as const;

/** A pause in typing after which a search is sent. */
const SEARCH_DELAY_MS = 250;

/** The longest search that the API takes. */
export const MAX_SEARCH = 200;

/** The column of a metric's value, and of its parts in `metricColumns`. */
const PARTS: Readonly<Record<string, SortValue>> = {
  current: "VALUE",
  previous: "PREVIOUS",
  difference: "DIFFERENCE",
  change: "CHANGE",
};

interface ListOptions<Order extends string> {
  /** The query parameter that holds the order. */
  readonly param: string;
  /** The metric of the columns that `metricColumns` makes; its value orders the list at first. */
  readonly metric: Order;
  /** What else orders the list, each in a column of its own. */
  readonly others?: readonly Order[];
  readonly isDescending?: boolean;
  /** What orders the list at first, where it is not the metric. */
  readonly first?: Order;
  readonly pageSize: number;
  /** What the list is of besides order and search: the first page comes back when it changes. */
  readonly of: unknown;
}

/** The arguments of a list that the server orders, searches and pages. */
interface ListVariables<Order extends string> {
  readonly orderBy: Order;
  readonly sort: SortValue;
  readonly direction: SortDirection;
  readonly search: string | null;
  readonly first: number;
  readonly after: string | null;
}

export interface List<Order extends string = MetricId> {
  readonly variables: ListVariables<Order>;
  readonly sorting: Sorting;
  readonly onSort: (sorting: Sorting) => void;
  readonly search: string;
  readonly onSearch: (search: string) => void;
  readonly pageSizes: readonly number[];
  readonly pageSize: number;
  readonly onPageSize: (size: number) => void;
  /** Rows on the pages before. */
  readonly offset: number;
  readonly onPrevious: () => void;
  /** Continues after the page's last cursor. */
  readonly onNext: (after: string) => void;
}

/** Order, search and page of a list, for its query and its table. */
export function useList<Order extends string>(options: ListOptions<Order>): List<Order> {
  const { metric, others = [], isDescending = true, of } = options;
  const [written, write] = useTextParam(`${options.param}-sort`);
  const { typed, setTyped, search } = useSearchText(`${options.param}-search`);
  const [size, setSize] = useState(options.pageSize);
  const fallback = { column: options.first ?? "current", descending: isDescending };
  const sorting = parseSorting(written, others) ?? fallback;
  const key = JSON.stringify([of, metric, sorting, search, size]);
  // Cursors lead forward only, and belong to one list.
  const [pages, setPages] = useState<{ key: string; cursors: readonly string[] }>({
    key,
    cursors: [],
  });
  const cursors = pages.key === key ? pages.cursors : [];
  return {
    variables: {
      orderBy: others.find((other) => other === sorting.column) ?? metric,
      sort: PARTS[sorting.column] ?? "VALUE",
      direction: sorting.descending ? "DESC" : "ASC",
      search: search || null,
      first: size,
      after: cursors.at(-1) ?? null,
    },
    sorting,
    onSort: ({ column, descending }) => {
      const isFirst = column === fallback.column && descending === fallback.descending;
      write(isFirst ? null : `${column.toLowerCase()}-${descending ? "desc" : "asc"}`);
    },
    search: typed,
    onSearch: setTyped,
    pageSizes: [options.pageSize, ...PAGE_SIZES.filter((one) => one > options.pageSize)],
    pageSize: size,
    onPageSize: setSize,
    offset: cursors.length * size,
    onPrevious: () => setPages({ key, cursors: cursors.slice(0, -1) }),
    onNext: (after) => setPages({ key, cursors: [...cursors, after] }),
  };
}

/** The text of a search as it is typed, and as the URL has it after a pause in typing. */
function useSearchText(param: string) {
  const [written] = useTextParam(param);
  const search = (written ?? "").trim().slice(0, MAX_SEARCH);
  const [typed, setTyped] = useState(search);
  // The last search that this field has shown or written: another one comes from Back or a link.
  const [known, setKnown] = useState(search);
  if (search !== known) {
    setKnown(search);
    setTyped(search);
  }
  const wanted = typed.trim();
  useEffect(() => {
    if (wanted === known) return;
    const timer = setTimeout(() => {
      setKnown(wanted);
      // Back should not go through a word letter by letter.
      setParams({ [param]: wanted || null }, { replace: true });
    }, SEARCH_DELAY_MS);
    return () => clearTimeout(timer);
  }, [param, wanted, known]);
  return { typed, setTyped, search };
}

/** The order and the search of a list, for a file of all its pages. */
export function listFile({ variables: { orderBy, sort, direction, search } }: List): object {
  return { orderBy, sort, direction, search };
}

/** Whether the server can order by a column of a list. */
export function isListOrder(column: string, others: readonly string[] = []): boolean {
  return Object.hasOwn(PARTS, column) || others.some((other) => other === column);
}

function parseSorting(written: string | null, others: readonly string[]): Sorting | null {
  const [name = "", direction, ...rest] = written?.split("-") ?? [];
  if (rest.length > 0 || (direction !== "asc" && direction !== "desc")) return null;
  const column = others.find((other) => other.toLowerCase() === name) ?? name;
  return isListOrder(column, others) ? { column, descending: direction === "desc" } : null;
}
