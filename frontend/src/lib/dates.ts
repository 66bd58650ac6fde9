/**
 * Dates in the selected time zone. Instants are ISO 8601 strings in UTC; ranges are half-open, so
 * the last day of a range is the day of the instant just before its end.
 */
import { t } from "@lingui/core/macro";
import { LOCALE } from "./locale.ts";

export type Granularity = "HOUR" | "DAY" | "WEEK" | "MONTH" | "QUARTER" | "YEAR";

/** An instant in ISO 8601, such as "1996-07-04T00:00:00+00:00". */
export type Instant = string;

/** A half-open range of instants: `start` is included, `end` is not. */
export interface Span {
  readonly start: Instant;
  readonly end: Instant;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, name: string, options: Intl.DateTimeFormatOptions) {
  const key = `${name}:${zone}`;
  let known = formats.get(key);
  if (known === undefined) {
    // Sales are told by this calendar, whatever others the language has.
    known = new Intl.DateTimeFormat(LOCALE, { ...options, calendar: "gregory", timeZone: zone });
    formats.set(key, known);
  }
  return known;
}

function lastInstant({ end }: Span): Date {
  return new Date(Date.parse(end) - 1);
}

function yearIn(zone: string, instant: Instant | Date): number {
  return Number(todayIn(zone, new Date(instant)).slice(0, 4));
}

/** Whether dates of the range need their year to be unambiguous. */
export function spansYears(span: Span, zone: string): boolean {
  return yearIn(zone, span.start) !== yearIn(zone, lastInstant(span));
}

/** "Jul 4 – Aug 2, 2024", "Dec 28, 2023 – Jan 3, 2024", "Jul 4, 2024". */
export function formatSpan(span: Span, zone: string): string {
  return format(zone, "span", { day: "numeric", month: "short", year: "numeric" }).formatRange(
    new Date(span.start),
    new Date(Math.max(lastInstant(span).getTime(), Date.parse(span.start))),
  );
}

/** A bucket's label on an axis: short, but unambiguous. */
export function formatBucketShort(
  instant: Instant,
  granularity: Granularity,
  zone: string,
  withYear: boolean,
): string {
  const date = new Date(instant);
  const year = withYear ? ({ year: "numeric" } as const) : {};
  switch (granularity) {
    case "HOUR":
      return format(zone, "hour", { hour: "numeric" }).format(date);
    case "DAY":
    case "WEEK":
      return format(zone, `day${withYear}`, { day: "numeric", month: "short", ...year }).format(
        date,
      );
    case "MONTH":
      return format(zone, `month${withYear}`, { month: "short", ...year }).format(date);
    case "QUARTER":
      return quarterLabel(date, zone, withYear);
    case "YEAR":
      return format(zone, "year", { year: "numeric" }).format(date);
  }
}

/** A bucket's full name, for tooltips, tables and exports. */
export function formatBucketLong(instant: Instant, granularity: Granularity, zone: string): string {
  const date = new Date(instant);
  switch (granularity) {
    case "HOUR":
      return format(zone, "hourLong", {
        weekday: "short",
        day: "numeric",
        month: "short",
        year: "numeric",
        hour: "numeric",
        minute: "2-digit",
      }).format(date);
    case "DAY":
      return format(zone, "dayLong", {
        weekday: "short",
        day: "numeric",
        month: "short",
        year: "numeric",
      }).format(date);
    case "WEEK":
      return t`Week of ${format(zone, "date", { day: "numeric", month: "short", year: "numeric" }).format(date)}`;
    case "MONTH":
      return format(zone, "monthLong", { month: "long", year: "numeric" }).format(date);
    case "QUARTER":
      return quarterLabel(date, zone, true);
    case "YEAR":
      return format(zone, "year", { year: "numeric" }).format(date);
  }
}

function quarterLabel(date: Date, zone: string, withYear: boolean): string {
  const month = Number(todayIn(zone, date).slice(5, 7));
  const quarter = Math.ceil(month / 3);
  const year = format(zone, "year", { year: "numeric" }).format(date);
  return withYear ? t`Q${quarter} ${year}` : t`Q${quarter}`;
}

/** The time of day in the zone, such as "14:03:22". */
export function formatClock(instant: Instant, zone: string): string {
  return format(zone, "clock", { timeStyle: "medium", hourCycle: "h23" }).format(new Date(instant));
}

/** "Jul 4, 1996". */
export function formatDay(instant: Instant, zone: string): string {
  return format(zone, "date", { day: "numeric", month: "short", year: "numeric" }).format(
    new Date(instant),
  );
}

/** "Jul 4, 1996, 14:03". */
export function formatMoment(instant: Instant, zone: string): string {
  const clock = format(zone, "minutes", { timeStyle: "short", hourCycle: "h23" });
  return t`${formatDay(instant, zone)}, ${clock.format(new Date(instant))}`;
}

/** A calendar date without a zone ("2024-02-29") as text: "Feb 29, 2024". */
export function formatCalendarDate(date: string): string {
  return formatDay(`${date}T00:00:00Z`, "UTC");
}

/** Today's calendar date in the zone, as "2024-02-29". */
export function todayIn(zone: string, now: Date): string {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  return parts.format(now);
}

/** ISO weekday (1 = Monday) as "Mon". */
export function formatWeekday(weekday: number, style: "short" | "long" = "short"): string {
  // 2024-01-01 was a Monday.
  return format("UTC", `weekday-${style}`, { weekday: style }).format(
    new Date(Date.UTC(2024, 0, weekday)),
  );
}

const hours = new Intl.NumberFormat(LOCALE, { minimumIntegerDigits: 2 });

/** Hour of the day (0 to 23) as "00" to "23". */
export function formatHour(hour: number): string {
  return hours.format(hour);
}

/** A full hour of the day: "14:00". */
export function formatFullHour(hour: number): string {
  return `${formatHour(hour)}:${formatHour(0)}`;
}

export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
