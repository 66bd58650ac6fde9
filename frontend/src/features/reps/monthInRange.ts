import { formatBucketLong, formatSpan } from "../../lib/dates.ts";

const DAY = 24 * 60 * 60 * 1000;

/** Calendar dates, the last one included. */
interface Days {
  readonly firstDay: string;
  readonly lastDay: string;
}

/**
 * A month's name, or the days of it that lie in a range that cuts it: its quota is that of these.
 *
 * @param month Its first day, such as "2026-11-01".
 * @param range `null` before it is known.
 */
export function monthInRange(month: string, range: Days | null | undefined): string {
  const start = Date.parse(month);
  const first = new Date(start);
  const end = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1);
  const from = range ? Math.max(start, Date.parse(range.firstDay)) : start;
  const to = range ? Math.min(end, Date.parse(range.lastDay) + DAY) : end;
  if (from === start && to === end) return formatBucketLong(`${month}T00:00:00Z`, "MONTH", "UTC");
  return formatSpan(
    { start: new Date(from).toISOString(), end: new Date(to).toISOString() },
    "UTC",
  );
}
