import { plural, t } from "@lingui/core/macro";
import type { FeedInput, FeedsQuery } from "../../gql/graphql.ts";
import { sayText } from "../../i18n/said.ts";
import { formatMoment } from "../../lib/dates.ts";
import { formatList } from "../../lib/locale.ts";
import { formatBytes } from "./wizard/words.ts";

/** A source that is read again on a schedule. */
export type Feed = FeedsQuery["feeds"][number];

const EVERY_MINUTE = "* * * * *";
const EVERY_QUARTER = "*/15 * * * *";

/** How often a feed is read, as people say it. */
export const SCHEDULES: readonly (readonly [string, string])[] = [
  [t`every minute`, EVERY_MINUTE],
  [t`every 5 minutes`, "*/5 * * * *"],
  [t`every 15 minutes`, EVERY_QUARTER],
  [t`every hour`, "7 * * * *"],
  [t`every day at 06:00`, "0 6 * * *"],
  [t`every Monday at 06:00`, "0 6 * * MON"],
];

/** Exports that are known by name, so that no mapping has to be written. */
export const KNOWN_EXPORTS = [
  "shopify-orders",
  "shopify-refunds",
  "woocommerce-items",
  "woocommerce-packed",
  "stripe-balance",
  "amazon-settlement",
  "square-items",
  "etsy-sold-items",
  "saleor",
  "medusa",
  "magento",
  "lightspeed",
  "odoo-invoices",
  "erpnext-invoices",
  "superstore",
] as const;

export interface FeedFields {
  readonly name: string;
  readonly address: string;
  readonly source: string;
  /** A known export's name; empty = `mapping` is its text. */
  readonly known: string;
  readonly mapping: string;
  readonly schedule: string;
  /** Whether the changes of a database are followed, instead of its tables being read. */
  readonly follows: boolean;
  readonly credential: string;
}

/** What is offered first: changes are little to read, a whole source may be much. */
export function usualSchedule(follows: boolean): string {
  return follows ? EVERY_MINUTE : EVERY_QUARTER;
}

/** Whether a feed's shop sends events, so that it is not read. */
export function sendsEvents(address: string): boolean {
  return address.trim().startsWith("webhook:");
}

/** Whether a feed's address is a database whose changes can be followed. */
export function canFollow(address: string): boolean {
  return /^postgresql:/.test(address.trim()) && !/[?&]follow=/.test(address);
}

function addressOf({ address, follows }: FeedFields): string {
  const given = address.trim();
  if (!follows || !canFollow(given)) return given;
  return `${given}${given.includes("?") ? "&" : "?"}follow=changes`;
}

/** The arguments that keep a feed. */
export function feedInput(fields: FeedFields): FeedInput {
  const how = sendsEvents(fields.address)
    ? {}
    : {
        mapping: fields.known === "" ? fields.mapping : fields.known,
        schedule: fields.schedule,
      };
  return {
    ...how,
    name: fields.name.trim(),
    address: addressOf(fields),
    source: fields.source.trim(),
    credential: fields.credential.trim() || null,
  };
}

export function scheduleText(schedule: string | null): string {
  if (schedule === null) return t`as events come`;
  return SCHEDULES.find(([, cron]) => cron === schedule)?.[0] ?? schedule;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long a feed is behind its source at most: "4 min", "2 h", "3 days". */
export function lagText(seconds: number | null): string {
  if (seconds === null) return t`unknown: not read yet`;
  if (seconds < MINUTE) return t`under a minute`;
  if (seconds < HOUR) return t`${Math.floor(seconds / MINUTE)} min`;
  if (seconds < 2 * DAY) return t`${Math.floor(seconds / HOUR)} h`;
  return plural(Math.floor(seconds / DAY), { one: "# day", other: "# days" });
}

/** How far a feed is behind, also in bytes where it follows changes. */
export function feedLag({ lagSeconds, slot }: Feed): string {
  const since = lagText(lagSeconds);
  if (slot === null || slot.unreadBytes === null) return since;
  return `${since}, ${formatBytes(Number(slot.unreadBytes))}`;
}

const MOST_KEPT = 10 * 2 ** 30;

/** What is worth a word about the log that a shop's database keeps. */
export function slotText({ slot }: Feed, zone: string): string | null {
  if (slot === null) return null;
  const why = slot.readWholeWhyText === null ? null : sayText(slot.readWholeWhyText);
  const at = slot.readWholeAt;
  const kept = Number(slot.keptBytes ?? 0);
  const parts = [
    kept > MOST_KEPT && t`Its database keeps ${formatBytes(kept)} of its log, and may run full`,
    why !== null &&
      (at === null
        ? t`Everything is read again: ${why}`
        : t`Everything was read again on ${formatMoment(at, zone)}: ${why}`),
  ];
  return parts.filter(Boolean).join(". ") || null;
}

const STATES: Readonly<Record<Feed["state"], string>> = {
  WAITING: t`up to date`,
  RUNNING: t`being read`,
  FAILING: t`failing`,
  PAUSED: t`paused`,
};

/** What became of the events that came, where it is worth a word. */
export function eventsText(feed: Feed): string | null {
  const parts = [
    [feed.waitingEvents, t`${feed.waitingEvents} waiting`],
    [feed.unreadableEvents, t`${feed.unreadableEvents} unreadable`],
    [feed.refusedRequests, t`${feed.refusedRequests} without a valid signature`],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([, text]) => text);
  if (said.length === 0) return null;
  const why = feed.unreadableWhyText === null ? "" : sayText(feed.unreadableWhyText);
  return [formatList(said), why].filter(Boolean).join(". ");
}

export function stateText({ state, failures, lagSeconds }: Feed): string {
  if (state === "FAILING") return plural(failures, { one: "failed once", other: "failed # times" });
  if (state === "WAITING" && lagSeconds === null) return t`not read yet`;
  return STATES[state];
}
