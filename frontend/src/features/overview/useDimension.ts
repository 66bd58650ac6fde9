import { useState } from "react";
import type { Dimension } from "../../gql/graphql.ts";
import { useEnumParam, useSearch } from "../../state/location.ts";
import { useView } from "../../state/useView.ts";
import type { Filters } from "../../state/view.ts";
import { filterOf } from "../shared/filterLabels.ts";

type Dimensions = readonly [Dimension, ...Dimension[]];

interface Chosen {
  readonly by: Dimension;
  readonly setBy: (by: Dimension) => void;
  /** Tells how many members a dimension has; one alone yields to the next dimension. */
  readonly onCount: (by: Dimension, members: number) => void;
}

/**
 * The dimension of a breakdown: that of the URL, else the first with something to break down.
 *
 * @param view - What the breakdown is of: another one may have more members.
 */
export function useDimension(param: string, dimensions: Dimensions, view: unknown): Chosen {
  const [{ filters }] = useView();
  const key = JSON.stringify(view);
  const [single, setSingle] = useState<{ key: string; of: readonly Dimension[] }>({ key, of: [] });
  const known = single.key === key ? single.of : [];
  const allowed = byInterest(dimensions, filters, known);
  const [by, setBy] = useEnumParam(param, allowed);
  const isChosen = new URLSearchParams(useSearch()).has(param);
  return {
    by,
    setBy,
    onCount: (counted, members) => {
      // A choice of the user stays, whatever it shows.
      if (members !== 1 || isChosen || counted !== by || known.includes(counted)) return;
      setSingle({ key, of: [...known, counted] });
    },
  };
}

/** The dimensions, first those that neither a filter nor the data reduce to one member. */
export function byInterest(
  dimensions: Dimensions,
  filters: Filters,
  single: readonly Dimension[],
): Dimensions {
  const hasOne = (by: Dimension) => filters[filterOf(by)].length === 1 || single.includes(by);
  if (dimensions.every(hasOne)) return dimensions;
  const [first = dimensions[0], ...others] = dimensions.filter((by) => !hasOne(by));
  return [first, ...others, ...dimensions.filter(hasOne)];
}
