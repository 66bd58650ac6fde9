import { t } from "@lingui/core/macro";
import { LOCALE } from "../../lib/locale.ts";
import { type Column, DataTable, type FooterCell } from "../../ui/DataTable.tsx";
import { ChevronIcon } from "../../ui/icons.tsx";
import styles from "./ListTable.module.css";
import { type List, MAX_SEARCH } from "./useList.ts";

interface ListTableProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly list: List<string>;
  readonly page: {
    readonly nodes: readonly Row[];
    readonly totalCount: number;
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
  readonly rowKey: (row: Row) => string;
  readonly footer?: readonly (FooterCell | string)[] | undefined;
  /** Whether the page of earlier arguments is shown while the next loads. */
  readonly isStale: boolean;
  readonly canSearch?: boolean;
}

/** A page of a list that the server orders and searches, with the way to the other pages. */
export function ListTable<Row>(props: ListTableProps<Row>) {
  const { caption, columns, list, page, rowKey, footer, isStale, canSearch = true } = props;
  return (
    <>
      <DataTable
        caption={caption}
        columns={columns}
        rows={page.nodes}
        rowKey={rowKey}
        order={{ sorting: list.sorting, onSort: list.onSort }}
        {...(footer && { footer })}
      />
      {page.nodes.length === 0 && (
        <p className={styles.none}>{t`Nothing matches “${list.search}”.`}</p>
      )}
      <Pager caption={caption} list={list} page={page} isStale={isStale} canSearch={canSearch} />
    </>
  );
}

type PagerProps = Pick<
  ListTableProps<unknown>,
  "caption" | "list" | "page" | "isStale" | "canSearch"
>;

/** Search, position and page buttons; nothing where all rows fit on the first page. */
function Pager({ caption, list, page, isStale, canSearch = true }: PagerProps) {
  const { offset, search, pageSizes } = list;
  const { endCursor, hasNextPage } = page.pageInfo;
  const isWhole = offset === 0 && !hasNextPage && page.totalCount <= Math.min(...pageSizes);
  // The field stays while a search is cleared: the page is that of the search until the next comes.
  const isSearched = search !== "" || list.variables.search !== null || isStale;
  if (isWhole && !isSearched) return null;
  const next = hasNextPage ? endCursor : null;
  const last = offset + page.nodes.length;
  return (
    <div className={styles.pager}>
      {canSearch && (
        <input
          type="search"
          data-screen-only={search === "" || undefined}
          className={styles.search}
          placeholder={t`Search`}
          aria-label={t`Search in ${caption}`}
          maxLength={MAX_SEARCH}
          value={search}
          onChange={({ target }) => list.onSearch(target.value)}
        />
      )}
      <span className={styles.position} role="status">
        {t`${last === 0 ? count(0) : `${count(offset + 1)}–${count(last)}`} of ${count(page.totalCount)}`}
      </span>
      <label data-screen-only className={styles.size}>
        {t`Rows`}{" "}
        <select
          value={list.pageSize}
          onChange={({ target }) => list.onPageSize(Number(target.value))}
        >
          {pageSizes.map((size) => (
            <option key={size} value={size}>
              {count(size)}
            </option>
          ))}
        </select>
      </label>
      <span data-screen-only className={styles.buttons}>
        <button
          type="button"
          className={styles.button}
          aria-label={t`Previous page of ${caption}`}
          title={t`Previous page`}
          disabled={offset === 0 || isStale}
          onClick={list.onPrevious}
        >
          <ChevronIcon direction="left" />
        </button>
        <button
          type="button"
          className={styles.button}
          aria-label={t`Next page of ${caption}`}
          title={t`Next page`}
          disabled={next === null || isStale}
          onClick={() => next !== null && list.onNext(next)}
        >
          <ChevronIcon direction="right" />
        </button>
      </span>
    </div>
  );
}

function count(value: number): string {
  return value.toLocaleString(LOCALE);
}
