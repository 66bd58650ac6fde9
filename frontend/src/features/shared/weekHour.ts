/** An hour of the week in the address, as in "hour=5-14": Friday from 14:00 to 15:00. */
import { t } from "@lingui/core/macro";
import { formatFullHour, formatWeekday } from "../../lib/dates.ts";

/** The query parameter that holds it. */
export const WEEK_HOUR = "hour";

export interface WeekHour {
  /** ISO weekday, 1 = Monday. */
  readonly weekday: number;
  readonly hour: number;
}

export function formatWeekHour({ weekday, hour }: WeekHour): string {
  return `${weekday}-${hour}`;
}

/** `null` for a text that names no hour of the week. */
export function parseWeekHour(text: string | null): WeekHour | null {
  const match = /^([1-7])-(\d|1\d|2[0-3])$/.exec(text ?? "");
  return match && { weekday: Number(match[1]), hour: Number(match[2]) };
}

/** "Friday, 14:00 to 15:00". */
export function weekHourTitle({ weekday, hour }: WeekHour): string {
  return t`${formatWeekday(weekday, "long")}, ${formatFullHour(hour)} to ${formatFullHour(hour + 1)}`;
}
