import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import { type FragmentType, unmask } from "../../gql/fragment-masking.ts";
import { PeriodPartsFragmentDoc } from "../../gql/graphql.ts";
import { formatCalendarDate, formatSpan } from "../../lib/dates.ts";
import { NBSP } from "./Panel.tsx";
import styles from "./PeriodLabel.module.css";
import { useSalesBegan } from "./useCalendar.ts";

type Masked = FragmentType<typeof PeriodPartsFragmentDoc>;

interface PeriodLabelProps {
  /** More about the period's figures, on the same line. */
  readonly children?: ReactNode;
  /** Left out before the first result, which keeps the line free. */
  readonly period?: Masked;
  readonly comparison?: Masked | null;
}

/** The dates of the period and of the compared period. */
export function PeriodLabel(props: PeriodLabelProps) {
  const { period: masked, comparison: maskedComparison, children } = props;
  const period = unmask(PeriodPartsFragmentDoc, masked);
  const salesBegan = useSalesBegan();
  const comparison = unmask(PeriodPartsFragmentDoc, maskedComparison);
  return (
    <span className={styles.line}>
      {period ? (
        <>
          {formatSpan({ start: period.from, end: period.to }, period.zone)}
          {period.isRunning && ` (${t`still running`})`}
        </>
      ) : (
        NBSP
      )}
      {comparison &&
        t`, compared with ${formatSpan({ start: comparison.from, end: comparison.to }, comparison.zone)}`}
      {comparison &&
        salesBegan !== null &&
        ` (${t`incomplete: sales begin on ${formatCalendarDate(salesBegan)}`})`}
      {period && children}
    </span>
  );
}
