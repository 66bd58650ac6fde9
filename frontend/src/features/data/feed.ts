import type { FeedInput, FeedsQuery } from "../../gql/graphql.ts";

/** A source that is read again on a schedule. */
export type Feed = FeedsQuery["feeds"][number];

/** How often a feed is read, as people say it; the first is offered first. */
export const SCHEDULES: readonly (readonly [string, string])[] = [
  ["every 15 minutes", "*/15 * * * *"],
  ["every hour", "7 * * * *"],
  ["every day at 06:00", "0 6 * * *"],
  ["every Monday at 06:00", "0 6 * * MON"],
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
  readonly credential: string;
}

/** Whether a feed's shop sends events, so that it is not read. */
export function sendsEvents(address: string): boolean {
  return address.trim().startsWith("webhook:");
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
    address: fields.address.trim(),
    source: fields.source.trim(),
    credential: fields.credential.trim() || null,
  };
}

export function scheduleText(schedule: string | null): string {
  if (schedule === null) return "as events come";
  return SCHEDULES.find(([, cron]) => cron === schedule)?.[0] ?? schedule;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long a feed is behind its source at most: "4 min", "2 h", "3 days". */
export function lagText(seconds: number | null): string {
  if (seconds === null) return "unknown: not read yet";
  if (seconds < MINUTE) return "under a minute";
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)} h`;
  return `${Math.floor(seconds / DAY)} days`;
}

const STATES: Readonly<Record<Feed["state"], string>> = {
  WAITING: "up to date",
  RUNNING: "being read",
  FAILING: "failing",
  PAUSED: "paused",
};

/** What became of the events that came, where it is worth a word. */
export function eventsText(feed: Feed): string | null {
  const parts = [
    [feed.waitingEvents, "waiting"],
    [feed.unreadableEvents, "unreadable"],
    [feed.refusedRequests, "without a valid signature"],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  if (said.length === 0) return null;
  return [said.join(", "), feed.unreadableWhy].filter(Boolean).join(". ");
}

export function stateText({ state, failures, lagSeconds }: Feed): string {
  if (state === "FAILING") return `failed ${failures === 1 ? "once" : `${failures} times`}`;
  if (state === "WAITING" && lagSeconds === null) return "not read yet";
  return STATES[state];
}
