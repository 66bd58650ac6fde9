import { useQuery } from "@apollo/client/react";
import { useDeferredValue, useEffect, useState } from "react";
import { FilterOptionsDocument } from "../../gql/graphql.ts";
import { FILTER_TITLES } from "../../state/titles.ts";
import { useView } from "../../state/useView.ts";
import { FILTERS, type FilterName, toggleFilter } from "../../state/view.ts";
import { PlusIcon } from "../../ui/icons.tsx";
import { Popover } from "../../ui/Popover.tsx";
import { Segmented } from "../../ui/Segmented.tsx";
import { Skeleton } from "../../ui/Skeleton.tsx";
import { DIMENSION_OF, rememberLabels } from "./filterLabels.ts";
import styles from "./pickers.module.css";

const PAGE = 50;

/** Chooses what to filter by: a dimension, then any of its members. */
export function AddFilter() {
  return (
    <Popover
      name="Filters"
      label={
        <>
          <PlusIcon /> Filter
        </>
      }
    >
      {() => <FilterMenu />}
    </Popover>
  );
}

function FilterMenu() {
  const [name, setName] = useState<FilterName>("category");
  return (
    <>
      <div className={styles.tabs}>
        <Segmented
          name="Filter by"
          value={name}
          options={FILTERS.map((value) => ({ value, label: FILTER_TITLES[value] }))}
          onChange={setName}
        />
      </div>
      <Options key={name} name={name} />
    </>
  );
}

function Options({ name }: { readonly name: FilterName }) {
  const [{ filters }, change] = useView();
  const [search, setSearch] = useState("");
  const wanted = useDeferredValue(search.trim());
  const { data, previousData, error } = useQuery(FilterOptionsDocument, {
    variables: {
      dimension: DIMENSION_OF[name],
      search: wanted === "" ? null : wanted,
      first: PAGE,
    },
  });
  const found = (data ?? previousData)?.filterOptions;
  const options = found?.nodes;
  useEffect(() => {
    if (options) rememberLabels(options);
  }, [options]);

  return (
    <>
      <input
        type="search"
        className={styles.search}
        placeholder={`Search ${FILTER_TITLES[name].toLowerCase()}`}
        aria-label={`Search ${FILTER_TITLES[name].toLowerCase()}`}
        value={search}
        onChange={(event) => setSearch(event.target.value)}
      />
      {error && <p className={styles.hint}>The list cannot be read. Try again.</p>}
      {!found && !error && <Skeleton height={160} />}
      {options?.length === 0 && <p className={styles.hint}>Nothing is called that.</p>}
      <ul className={styles.list}>
        {options?.map(({ id, label, detail }) => (
          <li key={id}>
            <button
              type="button"
              className={styles.option}
              aria-pressed={filters[name].includes(id)}
              onClick={() => change({ filters: toggleFilter(filters, name, id) })}
            >
              {label}
              {detail && <small>{detail}</small>}
            </button>
          </li>
        ))}
      </ul>
      {found?.pageInfo.hasNextPage && (
        <p className={styles.hint}>There are more: type to find them.</p>
      )}
    </>
  );
}
