import { FILTER_TITLES } from "../../state/titles.ts";
import { useView } from "../../state/useView.ts";
import { FILTERS, formatComparison, formatRange } from "../../state/view.ts";
import { filterLabel } from "./filterLabels.ts";
import { useReporting } from "./reporting.ts";

/** What the rows of a file are of: a line for each fact, for the end of the file. */
export function useFileNotes(): () => readonly (readonly string[])[] {
  const [{ range, comparison, filters }] = useView();
  const { currency, zone } = useReporting();
  return () => [
    ["Range", formatRange(range)],
    ["Compared with", formatComparison(comparison)],
    ["Time zone", zone],
    ["Currency", currency],
    ...FILTERS.filter((name) => filters[name].length > 0).map((name) => [
      "Filter",
      FILTER_TITLES[name],
      ...filters[name].map(filterLabel),
    ]),
    ["Saved at", new Date().toISOString()],
  ];
}
