import { useQuery } from "@apollo/client/react";
import { t } from "@lingui/core/macro";
import { useDeferredValue, useEffect, useState } from "react";
import { FilterOptionsDocument } from "../../gql/graphql.ts";
import { within } from "../../lib/locale.ts";
import { FILTER_TITLES } from "../../state/titles.ts";
import { useView } from "../../state/useView.ts";
import { FILTERS, type FilterName, toggleFilter } from "../../state/view.ts";
import { SegmentedControl } from "../../ui/SegmentedControl.tsx";
import { Skeleton } from "../../ui/Skeleton.tsx";
import { DIMENSION_OF, rememberLabels } from "../shared/filterLabels.ts";
import { memberLabel } from "../shared/memberLabel.ts";
import styles from "./pickers.module.css";

const PAGE_SIZE = 50;

/** A dimension, and its values to choose from. */
export default function FilterMenu() {
  const [name, setName] = useState<FilterName>("category");
  return (
    <>
      <div className={styles.tabs}>
        <SegmentedControl
          name={t`Filter by`}
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
  const deferredSearch = useDeferredValue(search.trim());
  const { data, previousData, error } = useQuery(FilterOptionsDocument, {
    variables: {
      dimension: DIMENSION_OF[name],
      search: deferredSearch === "" ? null : deferredSearch,
      first: PAGE_SIZE,
    },
  });
  const result = (data ?? previousData)?.filterOptions;
  const options = result?.nodes;
  useEffect(() => {
    if (options) rememberLabels(options);
  }, [options]);

  return (
    <>
      <input
        type="search"
        className={styles.search}
        placeholder={t`Search ${within(FILTER_TITLES[name])}`}
        aria-label={t`Search ${within(FILTER_TITLES[name])}`}
        value={search}
        onChange={(event) => setSearch(event.target.value)}
      />
      {error && <p className={styles.hint}>{t`The list could not be loaded. Try again.`}</p>}
      {!result && !error && <Skeleton height={160} />}
      {options?.length === 0 && <p className={styles.hint}>{t`No match.`}</p>}
      <ul className={styles.list}>
        {options?.map(({ id, label, detail }) => (
          <li key={id}>
            <button
              type="button"
              className={styles.option}
              aria-pressed={filters[name].includes(id)}
              onClick={() => change({ filters: toggleFilter(filters, name, id) })}
            >
              {memberLabel(DIMENSION_OF[name], { id, label })}
              {detail && <small>{detail}</small>}
            </button>
          </li>
        ))}
      </ul>
      {result?.pageInfo.hasNextPage && (
        <p className={styles.hint}>{t`There are more: search to find them.`}</p>
      )}
    </>
  );
}
