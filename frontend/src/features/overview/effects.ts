/** The parts of a change of revenue, in the order in which they are told. */
import type { ChangePartsFragment, Dimension } from "../../gql/graphql.ts";
import { type Decimal, isZero, sum, toNumber } from "../../lib/decimal.ts";
import { DIMENSION_TITLES } from "../shared/BreakdownPanel.tsx";

export const EFFECTS = ["volume", "mix", "price", "new", "gone", "unitless"] as const;

export type Effect = (typeof EFFECTS)[number];

export function effectTitle(effect: Effect, by: Dimension): string {
  const member = DIMENSION_TITLES[by].toLowerCase();
  switch (effect) {
    case "volume":
      return "Volume";
    case "mix":
      return "Mix";
    case "price":
      return "Price";
    case "new":
      return `New ${plural(member)}`;
    case "gone":
      return `No longer sold ${plural(member)}`;
    case "unitless":
      return "Without units";
  }
}

/** What an effect is, in a sentence. */
export function effectText(effect: Effect, by: Dimension): string {
  const member = DIMENSION_TITLES[by].toLowerCase();
  switch (effect) {
    case "volume":
      return `Had the units of every ${member} grown like those of all together.`;
    case "mix":
      return "Units that grew more or less than those of all, at the prices before.";
    case "price":
      return "What a unit brings now, after discounts and returns.";
    case "new":
      return `Every ${member} that was not sold in the compared period.`;
    case "gone":
      return `Every ${member} that was sold in the compared period only.`;
    case "unitless":
      return "Revenue without units, such as returns of earlier sales, and fees.";
  }
}

function plural(member: string): string {
  return member.endsWith("y") ? `${member.slice(0, -1)}ies` : `${member}s`;
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
