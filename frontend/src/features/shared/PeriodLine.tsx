import { type FragmentType, unmask } from "../../gql/fragment-masking.ts";
import { PeriodPartsFragmentDoc } from "../../gql/graphql.ts";
import { formatSpan } from "../../lib/dates.ts";

type Masked = FragmentType<typeof PeriodPartsFragmentDoc>;

interface PeriodLineProps {
  readonly period: Masked;
  readonly comparison: Masked | null;
}

/** Which dates the figures are of, and of which the ones they are compared with. */
export function PeriodLine({ period: masked, comparison: maskedComparison }: PeriodLineProps) {
  const period = unmask(PeriodPartsFragmentDoc, masked);
  const comparison = unmask(PeriodPartsFragmentDoc, maskedComparison);
  return (
    <>
      {formatSpan({ start: period.from, end: period.to }, period.zone)}
      {period.isRunning && " (still running)"}
      {comparison &&
        `, compared with ${formatSpan({ start: comparison.from, end: comparison.to }, comparison.zone)}`}
    </>
  );
}
