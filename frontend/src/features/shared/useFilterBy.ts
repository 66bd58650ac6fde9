import { useCallback } from "react";
import { useView } from "../../state/useView.ts";
import { type FilterName, toggleFilter } from "../../state/view.ts";
import { rememberLabels } from "../shell/filterLabels.ts";

/** Filters the page by a member whose name is known, or no longer does. */
export function useFilterBy(): (name: FilterName, id: string, label: string) => void {
  const [{ filters }, change] = useView();
  return useCallback(
    (name, id, label) => {
      rememberLabels([{ id, label }]);
      change({ filters: toggleFilter(filters, name, id) });
    },
    [filters, change],
  );
}
