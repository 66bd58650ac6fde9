import { useMemo } from "react";
import type {
  ComparisonInput,
  CustomerSegmentFilter,
  FilterInput,
  PeriodInput,
} from "../../gql/graphql.ts";
import { useView } from "../../state/useView.ts";
import {
  type ComparisonChoice,
  type Filters,
  hasFilters,
  PRESETS,
  type RangeChoice,
  type View,
} from "../../state/view.ts";

/** The arguments that all root fields of the API share. */
export interface ViewVariables {
  readonly period: PeriodInput;
  readonly comparison: ComparisonInput | null;
  /** `null` is the reporting zone. */
  readonly zone: string | null;
  readonly filters: FilterInput | null;
}

export function viewVariables(view: View): ViewVariables {
  return {
    period: periodInput(view.range),
    comparison: comparisonInput(view.comparison),
    zone: view.zone,
    filters: filterInput(view.filters),
  };
}

function periodInput(range: RangeChoice): PeriodInput {
  return typeof range === "string" ? { preset: PRESETS[range] } : { days: range };
}

function comparisonInput({ to, matchWeekdays }: ComparisonChoice): ComparisonInput | null {
  if (typeof to !== "string") return { mode: "CUSTOM", days: to };
  switch (to) {
    case "off":
      return null;
    case "previous":
      return { mode: "PREVIOUS_PERIOD", matchWeekdays };
    case "year":
      return { mode: "YEAR_OVER_YEAR", matchWeekdays };
  }
}

function filterInput(filters: Filters): FilterInput | null {
  if (!hasFilters(filters)) return null;
  const ids = (list: readonly string[]) => (list.length === 0 ? null : [...list]);
  return {
    categories: ids(filters.category),
    products: ids(filters.product),
    customers: ids(filters.customer),
    segments: ids(filters.segment) as CustomerSegmentFilter[] | null,
    reps: ids(filters.rep),
    regions: ids(filters.region),
    channels: ids(filters.channel),
  };
}

/** The variables of the current view. */
export function useViewVariables(): ViewVariables {
  const [view] = useView();
  return useMemo(() => viewVariables(view), [view]);
}
