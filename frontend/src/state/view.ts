/**
 * The view: range, comparison, zone, granularity and filters. The query string holds all of it, so
 * that a link shows the same and Back restores it. A range or comparison that the URL lacks comes
 * from the user's last selection, then from the default.
 */
import { type Granularity, isZone } from "../lib/dates.ts";

/** Named ranges: their name in the URL, and the API's. */
export const PRESETS = {
  today: "TODAY",
  yesterday: "YESTERDAY",
  "7d": "LAST_7_DAYS",
  "28d": "LAST_28_DAYS",
  "91d": "LAST_91_DAYS",
  "12m": "LAST_12_MONTHS",
  wtd: "WEEK_TO_DATE",
  "last-week": "LAST_WEEK",
  mtd: "MONTH_TO_DATE",
  "last-month": "LAST_MONTH",
  qtd: "QUARTER_TO_DATE",
  "last-quarter": "LAST_QUARTER",
  ytd: "YEAR_TO_DATE",
  "last-year": "LAST_YEAR",
  all: "ALL_TIME",
} as const;

export type Preset = keyof typeof PRESETS;

/** Calendar dates ("2024-02-29"), both included. */
export interface DateRange {
  readonly from: string;
  readonly to: string;
}

export type RangeChoice = Preset | DateRange;

export const COMPARISONS = ["previous", "year", "off"] as const;

export interface ComparisonChoice {
  readonly to: (typeof COMPARISONS)[number] | DateRange;
  /** Shifts so that Mondays compare with Mondays; no effect for `off` and custom dates. */
  readonly matchWeekdays: boolean;
}

export const FILTERS = [
  "category",
  "product",
  "customer",
  "segment",
  "rep",
  "region",
  "channel",
] as const;

export type FilterName = (typeof FILTERS)[number];

/** Selected ids by dimension: ids of one dimension are alternatives, dimensions combine. */
export type Filters = { readonly [name in FilterName]: readonly string[] };

const GRANULARITIES = [
  "HOUR",
  "DAY",
  "WEEK",
  "MONTH",
  "QUARTER",
  "YEAR",
] as const satisfies readonly Granularity[];

export interface View {
  readonly range: RangeChoice;
  readonly comparison: ComparisonChoice;
  /** IANA name; `null` is the reporting zone. */
  readonly zone: string | null;
  /** `null` derives it from the range. */
  readonly granularity: Granularity | null;
  readonly filters: Filters;
}

export const NO_FILTERS: Filters = {
  category: [],
  product: [],
  customer: [],
  segment: [],
  rep: [],
  region: [],
  channel: [],
};

const DEFAULT_RANGE: RangeChoice = "28d";
const DEFAULT_COMPARISON: ComparisonChoice = { to: "previous", matchWeekdays: true };

/** The user's last selection, in the URL's notation. */
export interface StoredView {
  readonly range?: string | undefined;
  readonly compare?: string | undefined;
}

export function parseView(search: string, stored: StoredView): View {
  const params = new URLSearchParams(search);
  const zone = params.get("zone");
  const granularity = params.get("by")?.toUpperCase();
  return {
    range: parseRange(params.get("range")) ?? parseRange(stored.range) ?? DEFAULT_RANGE,
    comparison:
      parseComparison(params.get("compare")) ??
      parseComparison(stored.compare) ??
      DEFAULT_COMPARISON,
    zone: zone !== null && isZone(zone) ? zone : null,
    granularity: GRANULARITIES.find((known) => known === granularity) ?? null,
    filters: Object.fromEntries(
      FILTERS.map((name) => [name, parseIds(params.get(name))]),
    ) as unknown as Filters,
  };
}

/** What a query string asks for and a view cannot show: the parameter and its value. */
export interface Unreadable {
  readonly name: "range" | "compare" | "zone" | "by";
  readonly value: string;
}

export function unreadable(search: string): readonly Unreadable[] {
  const params = new URLSearchParams(search);
  const readers = {
    range: (text: string) => parseRange(text) !== undefined,
    compare: (text: string) => parseComparison(text) !== undefined,
    zone: isZone,
    by: (text: string) => GRANULARITIES.some((known) => known === text.toUpperCase()),
  };
  return (Object.keys(readers) as Unreadable["name"][]).flatMap((name) => {
    const value = params.get(name);
    return value === null || readers[name](value) ? [] : [{ name, value }];
  });
}

/** The query parameters of a view; `null` for those to leave out. */
export function viewParams(view: View): Record<string, string | null> {
  return {
    range: formatRange(view.range),
    compare: formatComparison(view.comparison),
    zone: view.zone,
    by: view.granularity?.toLowerCase() ?? null,
    ...Object.fromEntries(
      FILTERS.map((name) => [name, view.filters[name].join(",") || null] as const),
    ),
  };
}

export function formatRange(range: RangeChoice): string {
  return typeof range === "string" ? range : `${range.from}..${range.to}`;
}

export function formatComparison({ to, matchWeekdays }: ComparisonChoice): string {
  if (typeof to !== "string") return `${to.from}..${to.to}`;
  return to === "off" || matchWeekdays ? to : `${to}-dates`;
}

function parseRange(text: string | null | undefined): RangeChoice | undefined {
  return text != null && Object.hasOwn(PRESETS, text) ? (text as Preset) : parseDates(text);
}

function parseComparison(text: string | null | undefined): ComparisonChoice | undefined {
  const dates = parseDates(text);
  if (dates !== undefined) return { to: dates, matchWeekdays: false };
  const base = text?.replace(/-dates$/, "");
  const to = COMPARISONS.find((known) => known === base);
  return to === undefined ? undefined : { to, matchWeekdays: base === text };
}

function parseDates(text: string | null | undefined): DateRange | undefined {
  const [from = "", to = "", ...rest] = text?.split("..") ?? [];
  if (!isCalendarDate(from) || !isCalendarDate(to) || rest.length > 0 || from > to)
    return undefined;
  return { from, to };
}

/** Whether the text is a date that exists, unlike "2023-02-29". */
export function isCalendarDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function parseIds(text: string | null): readonly string[] {
  return [...new Set((text ?? "").split(",").filter((id) => id !== ""))];
}

export function hasFilters(filters: Filters): boolean {
  return FILTERS.some((name) => filters[name].length > 0);
}

/** Adds or removes one id of one dimension. */
export function toggleFilter(filters: Filters, name: FilterName, id: string): Filters {
  const selected = filters[name];
  const next = selected.includes(id) ? selected.filter((other) => other !== id) : [...selected, id];
  return { ...filters, [name]: next };
}
