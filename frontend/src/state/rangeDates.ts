/**
 * The dates of a range and of what it is compared with, as the API resolves them
 * (`shopx_core.domain.periods`). The page needs them before any answer: to leave out a granularity
 * that does not suit the range, and to say where sales are.
 */
import type { Granularity } from "../lib/dates.ts";
import type { ComparisonChoice, DateRange, Preset, RangeChoice } from "./view.ts";

const DAY_MS = 86_400_000;

interface Calendar {
  /** Today's date in the page's zone. */
  readonly today: string;
  /** ISO weekday that a week begins with, 1 = Monday. */
  readonly weekStart: number;
  /** The days of the first and the last sale; `null` while there are no sales. */
  readonly sales: DateRange | null;
}

/** The first and the last day of a range. */
export function rangeDates(range: RangeChoice, calendar: Calendar): DateRange {
  return typeof range === "string" ? PRESET_DATES[range](calendar) : range;
}

const before =
  (days: number) =>
  ({ today }: Calendar): DateRange => ({ from: addDays(today, -days), to: addDays(today, -1) });

const PRESET_DATES: Readonly<Record<Preset, (calendar: Calendar) => DateRange>> = {
  today: ({ today }) => ({ from: today, to: today }),
  yesterday: before(1),
  "7d": before(7),
  "28d": before(28),
  "91d": before(91),
  "12m": ({ today }) => lastMonths(monthOf(today), 12),
  wtd: (calendar) => ({ from: weekOf(calendar), to: calendar.today }),
  "last-week": (calendar) => {
    const week = weekOf(calendar);
    return { from: addDays(week, -7), to: addDays(week, -1) };
  },
  mtd: ({ today }) => ({ from: monthOf(today), to: today }),
  "last-month": ({ today }) => lastMonths(monthOf(today), 1),
  qtd: ({ today }) => ({ from: quarterOf(today), to: today }),
  "last-quarter": ({ today }) => lastMonths(quarterOf(today), 3),
  ytd: ({ today }) => ({ from: `${today.slice(0, 4)}-01-01`, to: today }),
  "last-year": ({ today }) => lastMonths(`${today.slice(0, 4)}-01-01`, 12),
  all: ({ today, sales }) => sales ?? { from: today, to: today },
};

const PRESET_MONTHS: Partial<Readonly<Record<Preset, number>>> = {
  "12m": 12,
  mtd: 1,
  "last-month": 1,
  qtd: 3,
  "last-quarter": 3,
  ytd: 12,
  "last-year": 12,
};

/** How many calendar months a range stands for; 0 for ranges of days, which can match weekdays. */
export function monthsOf(range: RangeChoice): number {
  if (typeof range === "string") return PRESET_MONTHS[range] ?? 0;
  const after = addDays(range.to, 1);
  if (!range.from.endsWith("-01") || !after.endsWith("-01")) return 0;
  const [from, to] = [new Date(range.from), new Date(after)];
  return (to.getUTCFullYear() - from.getUTCFullYear()) * 12 + to.getUTCMonth() - from.getUTCMonth();
}

/** The first day of the compared period; `null` without comparison. */
export function comparisonStart(
  range: RangeChoice,
  { to, matchWeekdays }: ComparisonChoice,
  calendar: Calendar,
): string | null {
  if (typeof to !== "string") return to.from;
  if (to === "off" || range === "all") return null;
  const { from, to: last } = rangeDates(range, calendar);
  const months = monthsOf(range);
  if (to === "year") {
    return months === 0 && matchWeekdays ? addDays(from, -364) : addMonths(from, -12);
  }
  if (months > 0) return addMonths(from, -months);
  const isWeekly = range === "wtd";
  const length = isWeekly ? 7 : daysFrom(from, last);
  return addDays(from, -(matchWeekdays ? Math.ceil(length / 7) * 7 : length));
}

/** For each granularity the shortest and the longest range that it suits. Days. */
const SUITS: Readonly<Record<Granularity, readonly [number, number]>> = {
  HOUR: [0, 14],
  DAY: [0, 2 * 366],
  WEEK: [8, 10 * 366],
  MONTH: [32, 40 * 366],
  QUARTER: [93, 100 * 366],
  YEAR: [367, 400 * 366],
};

/** Whether a range can be shown by a granularity. */
export function suits(granularity: Granularity, { from, to }: DateRange): boolean {
  const [low, high] = SUITS[granularity];
  const days = daysFrom(from, to);
  return low <= days && days <= high;
}

/** Moves a date by days. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The number of days from the first to the last, both included. */
function daysFrom(first: string, last: string): number {
  return (Date.parse(last) - Date.parse(first)) / DAY_MS + 1;
}

/** Moves a date by calendar months; a day that the month lacks becomes the month's last. */
function addMonths(date: string, months: number): string {
  const [year = 0, month = 1, day = 1] = date.split("-").map(Number);
  const length = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  const moved = new Date(Date.UTC(year, month - 1 + months, Math.min(day, length)));
  return moved.toISOString().slice(0, 10);
}

function lastMonths(end: string, months: number): DateRange {
  return { from: addMonths(end, -months), to: addDays(end, -1) };
}

function monthOf(day: string): string {
  return `${day.slice(0, 8)}01`;
}

function quarterOf(day: string): string {
  return addMonths(monthOf(day), -((Number(day.slice(5, 7)) - 1) % 3));
}

function weekOf({ today, weekStart }: Calendar): string {
  const weekday = new Date(today).getUTCDay() || 7;
  return addDays(today, -((weekday - weekStart + 7) % 7));
}
