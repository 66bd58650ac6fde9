import { t } from "@lingui/core/macro";
import { formatClock, formatMoment, type Instant } from "../../lib/dates.ts";
import { useReporting } from "./reporting.ts";

/** Where figures are read from, in plain words; an administrator knows the word in parentheses. */
const TIERS: Readonly<Record<string, string>> = {
  ROLLUP: t`From sums that are kept ready (rollups).`,
  BASE: t`From the single lines of orders (ledger).`,
  COLUMNS: t`From a copy of the sales for quick reading (columns).`,
  VIEW: t`From an analysis that is refreshed on a schedule (materialized view).`,
};

interface AsOfProps {
  readonly asOf: Instant;
  readonly tier: string | null;
  /** When the content was computed, for panels that read a materialized view. */
  readonly computedAt: Instant | null | undefined;
}

/** What a panel's figures are as of; the day, the zone and where they come from are in its title. */
export default function AsOf({ asOf, tier, computedAt }: AsOfProps) {
  const { zone, lastImportAt } = useReporting();
  const isOlder =
    computedAt != null &&
    lastImportAt !== null &&
    Date.parse(computedAt) < Date.parse(lastImportAt);
  const from = tier === null ? undefined : TIERS[tier.toUpperCase()];
  const when = `${formatMoment(asOf, zone)} (${zone}).`;
  return (
    <p title={from === undefined ? when : `${when} ${from}`}>
      <time dateTime={asOf}>{t`as of ${formatClock(asOf, zone)}`}</time>
      {computedAt && ` · ${t`calculated on ${formatMoment(computedAt, zone)}`}`}
      {isOlder && <strong>{` · ${t`older than the last import`}`}</strong>}
    </p>
  );
}
