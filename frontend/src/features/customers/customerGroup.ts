/**
 * A group of customers in the address: "segment-champions", "scores-5-1" (recency, frequency) or
 * "month-2011-01-01-3" (a cohort, and the third period after its own).
 */
import { plural, t } from "@lingui/core/macro";
import type { CustomerGroupInput, CustomerSegment, Granularity } from "../../gql/graphql.ts";
import { formatBucketShort } from "../../lib/dates.ts";
import { isCalendarDate } from "../../state/view.ts";
import { segmentTitle } from "./segmentTitle.ts";

/** The query parameter that holds it. */
export const GROUP = "group";

export const COHORT_UNITS = ["MONTH", "QUARTER", "WEEK"] as const;

interface CustomerGroup {
  readonly input: CustomerGroupInput;
  readonly title: string;
}

export function segmentGroup(segment: CustomerSegment): string {
  return `segment-${segment.toLowerCase()}`;
}

export function scoresGroup(recency: number, frequency: number): string {
  return `scores-${recency}-${frequency}`;
}

export function cohortGroup(unit: Granularity, start: string, period: number): string {
  return `${unit.toLowerCase()}-${start}-${period}`;
}

/** What to ask for and what to call it; `null` for a text that names no group. */
export function parseGroup(text: string | null): CustomerGroup | null {
  const [kind = "", ...rest] = text?.split("-") ?? [];
  if (kind === "segment") return rest.length === 1 ? segment(rest[0]?.toUpperCase() ?? "") : null;
  if (kind === "scores") return scores(rest);
  const unit = COHORT_UNITS.find((known) => known.toLowerCase() === kind);
  return unit === undefined ? null : cohort(unit, rest.slice(0, 3).join("-"), rest.slice(3));
}

function segment(name: string): CustomerGroup | null {
  if (!/^[A-Z_]+$/.test(name)) return null;
  const known = name as CustomerSegment;
  return { input: { segment: known }, title: segmentTitle(known) };
}

function scores(parts: readonly string[]): CustomerGroup | null {
  const [recency, frequency] = parts;
  if (parts.length !== 2 || !parts.every((part) => /^[1-5]$/.test(part))) return null;
  return {
    input: { scores: { recency: Number(recency), frequency: Number(frequency) } },
    title: t`Recency ${Number(recency)}, frequency ${Number(frequency)}`,
  };
}

function cohort(
  granularity: Granularity,
  start: string,
  rest: readonly string[],
): CustomerGroup | null {
  const [period = ""] = rest;
  if (!isCalendarDate(start) || rest.length !== 1 || !/^\d{1,3}$/.test(period)) return null;
  const name = formatBucketShort(`${start}T00:00:00Z`, granularity, "UTC", true);
  const later = Number(period);
  return {
    input: { cohort: { granularity, start, period: later } },
    title: later === 0 ? t`First order in ${name}` : laterTitle(granularity, name, later),
  };
}

function laterTitle(granularity: Granularity, name: string, later: number): string {
  switch (granularity) {
    case "WEEK":
      return plural(later, {
        one: `First order in ${name}, and an order # week later`,
        other: `First order in ${name}, and an order # weeks later`,
      });
    case "QUARTER":
      return plural(later, {
        one: `First order in ${name}, and an order # quarter later`,
        other: `First order in ${name}, and an order # quarters later`,
      });
    default:
      return plural(later, {
        one: `First order in ${name}, and an order # month later`,
        other: `First order in ${name}, and an order # months later`,
      });
  }
}
