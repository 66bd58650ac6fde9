/** Instants as the page of data tells them: to the second, and from the first sale to the last. */
import { formatSpan, type Instant } from "../../lib/dates.ts";
import { LOCALE } from "../../lib/locale.ts";

/** "Nov 30, 2026, 14:03:22", with what the language has between a date and a time. */
export function formatInstant(instant: Instant, zone: string): string {
  return new Intl.DateTimeFormat(LOCALE, {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    calendar: "gregory",
    timeZone: zone,
  }).format(new Date(instant));
}

/** The days from one sale to another, both included: a sale at midnight is of the day it begins. */
export function formatDaysOf(first: Instant, last: Instant, zone: string): string {
  const end = new Date(Date.parse(last) + 1).toISOString();
  return formatSpan({ start: first, end }, zone);
}
