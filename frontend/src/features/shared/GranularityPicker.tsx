import { t } from "@lingui/core/macro";
import type { Granularity } from "../../gql/graphql.ts";
import { GRANULARITY_TITLES } from "../../state/titles.ts";
import { useView } from "../../state/useView.ts";
import { SegmentedControl } from "../../ui/SegmentedControl.tsx";

interface GranularityPickerProps {
  /** The granularity of the result; `null` before the first. */
  readonly shown: Granularity | null;
  /** The granularities that suit the range. */
  readonly allowed: readonly Granularity[] | null;
}

/** What most ranges allow: it reserves the width before the first result. */
const USUAL: readonly Granularity[] = ["DAY", "WEEK", "MONTH", "QUARTER"];

/** Selects the granularity of all charts of the page. */
export function GranularityPicker({ shown, allowed }: GranularityPickerProps) {
  const [, change] = useView();
  const isKnown = shown !== null && allowed !== null;
  return (
    <span style={{ visibility: isKnown ? undefined : "hidden" }}>
      <SegmentedControl
        name={t`Granularity`}
        value={shown ?? "DAY"}
        options={(allowed ?? USUAL).map((value) => ({ value, label: GRANULARITY_TITLES[value] }))}
        onChange={(granularity) => change({ granularity })}
      />
    </span>
  );
}
