import { plural, t } from "@lingui/core/macro";
import type { LeftOut } from "./leftOut.ts";

/** One sentence about what is missing. */
export function leftOutText({ of, currency, lines, amount, cost }: LeftOut): string {
  if (of === "quotas") {
    return t`Without quotas in ${currency}: no exchange rate is known for their month.`;
  }
  return amount === "0" && cost === "0"
    ? plural(lines, {
        one: `Gross sales and returns are without # sale line in ${currency}, all of which was returned.`,
        other: `Gross sales and returns are without # sale lines in ${currency}, all of which was returned.`,
      })
    : plural(lines, {
        one: `Without # sale line in ${currency} (revenue ${amount} ${currency}): no exchange rate is known for their day.`,
        other: `Without # sale lines in ${currency} (revenue ${amount} ${currency}): no exchange rate is known for their day.`,
      });
}
