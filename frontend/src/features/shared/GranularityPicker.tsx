import type { Granularity } from "../../gql/graphql.ts";
import { useView } from "../../state/useView.ts";
import { Segmented } from "../../ui/Segmented.tsx";

const TITLES: Readonly<Record<Granularity, string>> = {
  HOUR: "Hour",
  DAY: "Day",
  WEEK: "Week",
  MONTH: "Month",
  QUARTER: "Quarter",
  YEAR: "Year",
};

interface GranularityPickerProps {
  /** The unit of the answer. */
  readonly shown: Granularity;
  /** The units that suit the range. */
  readonly allowed: readonly Granularity[];
}

/** Chooses the unit of time; all charts of the page follow. */
export function GranularityPicker({ shown, allowed }: GranularityPickerProps) {
  const [, change] = useView();
  return (
    <Segmented
      name="Granularity"
      value={shown}
      options={allowed.map((value) => ({ value, label: TITLES[value] }))}
      onChange={(granularity) => change({ granularity })}
    />
  );
}
