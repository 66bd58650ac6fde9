import { useCallback } from "react";
import { useView } from "../../state/useView.ts";
import { type FilterName, toggleFilter } from "../../state/view.ts";
import { rememberLabels } from "./filterLabels.ts";

/** Adds or removes the filter for an id with a known label. */
export function useToggleFilter(): (name: FilterName, id: string, label: string) => void {
  const [{ filters }, change] = useView();
  return useCallback(
    (name, id, label) => {
      rememberLabels([{ id, label }]);
      change({ filters: toggleFilter(filters, name, id) });
    },
    [filters, change],
  );
}
