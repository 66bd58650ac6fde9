/** The parts of a change of revenue, in the order in which they are told. */
import { t } from "@lingui/core/macro";
import type { ChangePartsFragment, Dimension } from "../../gql/graphql.ts";
import { type Decimal, isZero, sum, toNumber } from "../../lib/decimal.ts";
import { within } from "../../lib/locale.ts";
import { DIMENSION_TITLES } from "../shared/BreakdownPanel.tsx";

export const EFFECTS = ["volume", "mix", "price", "new", "gone", "unitless"] as const;

export type Effect = (typeof EFFECTS)[number];

/**
 * What came or went, of each dimension: languages inflect its name. Customers who bought before
 * both periods are back: "new customers" are those of the metric alone.
 */
const NEW: Readonly<Record<Dimension, string>> = {
  CATEGORY: t`New categories`,
  PRODUCT: t`New products`,
  CUSTOMER: t`New or returning customers`,
  SEGMENT: t`New segments`,
  REP: t`New reps`,
  REGION: t`New regions`,
  CHANNEL: t`New channels`,
};

const GONE: Readonly<Record<Dimension, string>> = {
  CATEGORY: t`No longer sold categories`,
  PRODUCT: t`No longer sold products`,
  CUSTOMER: t`No longer sold customers`,
  SEGMENT: t`No longer sold segments`,
  REP: t`No longer sold reps`,
  REGION: t`No longer sold regions`,
  CHANNEL: t`No longer sold channels`,
};

export function effectTitle(effect: Effect, by: Dimension): string {
  switch (effect) {
    case "volume":
      return t`Volume`;
    case "mix":
      return t`Mix`;
    case "price":
      return t`Price`;
    case "new":
      return NEW[by];
    case "gone":
      return GONE[by];
    case "unitless":
      return t`Without units`;
  }
}

/** What an effect is, in a sentence. */
export function effectText(effect: Effect, by: Dimension): string {
  const member = within(DIMENSION_TITLES[by]);
  switch (effect) {
    case "volume":
      return t`Had the units of every ${member} grown like those of all together.`;
    case "mix":
      return t`Units that grew more or less than those of all, at the prices before.`;
    case "price":
      return t`What a unit brings now, after discounts and returns.`;
    case "new":
      return t`Every ${member} that was not sold in the compared period.`;
    case "gone":
      return t`Every ${member} that was sold in the compared period only.`;
    case "unitless":
      return t`Revenue without units, such as returns of earlier sales, and fees.`;
  }
}

/** A step from the revenue before to the revenue now. */
export interface Step {
  readonly effect: Effect | "before" | "now";
  readonly amount: Decimal;
  /** Where its bar begins and ends. */
  readonly start: number;
  readonly end: number;
}

/** From the revenue before to that now; effects of zero are left out. */
export function steps(total: ChangePartsFragment): readonly Step[] {
  let at = total.before;
  const effects = EFFECTS.filter((effect) => !isZero(total[effect])).map((effect): Step => {
    const start = toNumber(at);
    at = sum([at, total[effect]]);
    return { effect, amount: total[effect], start, end: toNumber(at) };
  });
  return [
    { effect: "before", amount: total.before, start: 0, end: toNumber(total.before) },
    ...effects,
    { effect: "now", amount: total.now, start: 0, end: toNumber(total.now) },
  ];
}

/** The effect that moved most, for the line below the title; `null` where nothing moved. */
export function largestEffect(total: ChangePartsFragment): Effect | null {
  const [most] = EFFECTS.toSorted(
    (a, b) => Math.abs(toNumber(total[b])) - Math.abs(toNumber(total[a])),
  );
  return most === undefined || isZero(total[most]) ? null : most;
}
