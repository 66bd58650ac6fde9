import { coverageText, useCostCoverage } from "./costCoverage.ts";

/** Follows a period's dates: which part of the revenue has a cost, unless all of it has. */
export function CostNote() {
  const text = coverageText(useCostCoverage());
  return text === null ? null : <> · {text}</>;
}
