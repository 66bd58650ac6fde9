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
  /** The unit of the answer; `null` before there is one. */
  readonly shown: Granularity | null;
  /** The units that suit the range. */
  readonly allowed: readonly Granularity[] | null;
}

/** What most ranges allow: as wide as the picker will be, before the answer tells. */
const USUAL: readonly Granularity[] = ["DAY", "WEEK", "MONTH", "QUARTER"];

/** Chooses the unit of time; all charts of the page follow. */
export function GranularityPicker({ shown, allowed }: GranularityPickerProps) {
  const [, change] = useView();
  const isKnown = shown !== null && allowed !== null;
  return (
    <span style={{ visibility: isKnown ? undefined : "hidden" }}>
      <Segmented
        name="Granularity"
        value={shown ?? "DAY"}
        options={(allowed ?? USUAL).map((value) => ({ value, label: TITLES[value] }))}
        onChange={(granularity) => change({ granularity })}
      />
    </span>
  );
}
