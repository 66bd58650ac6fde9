import { type FragmentType, unmask } from "../../gql/fragment-masking.ts";
import { PeriodPartsFragmentDoc } from "../../gql/graphql.ts";
import { formatSpan } from "../../lib/dates.ts";
import { NBSP } from "./Panel.tsx";
import styles from "./PeriodLine.module.css";

type Masked = FragmentType<typeof PeriodPartsFragmentDoc>;

interface PeriodLineProps {
  /** Left out before the first answer: the line is kept free. */
  readonly period?: Masked;
  readonly comparison?: Masked | null;
}

/** Which dates the figures are of, and of which the ones they are compared with. */
export function PeriodLine({ period: masked, comparison: maskedComparison }: PeriodLineProps) {
  const period = unmask(PeriodPartsFragmentDoc, masked);
  const comparison = unmask(PeriodPartsFragmentDoc, maskedComparison);
  return (
    <span className={styles.line}>
      {period ? (
        <>
          {formatSpan({ start: period.from, end: period.to }, period.zone)}
          {period.isRunning && " (still running)"}
        </>
      ) : (
        NBSP
      )}
      {comparison &&
        `, compared with ${formatSpan({ start: comparison.from, end: comparison.to }, comparison.zone)}`}
    </span>
  );
}
