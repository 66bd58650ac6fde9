/** What the wizard calls things, and the server's messages in the page's own words. */
import { t } from "@lingui/core/macro";
import { type Said, sayText } from "../../../i18n/said.ts";
import { LOCALE } from "../../../lib/locale.ts";

/** Fields of a sale that a column may have, as people call them. */
export const FIELD_TITLES: Readonly<Record<string, string>> = {
  at: t`Date and time`,
  key: t`Order number`,
  sku: t`Product number (SKU)`,
  name: t`Product name`,
  quantity: t`Quantity`,
  gross: t`Amount of the line`,
  price: t`Unit price`,
  discount: t`Discount`,
  cost: t`Cost of the line`,
  unit_cost: t`Unit cost`,
  profit: t`Profit`,
  customer: t`Customer`,
  customer_name: t`Customer's name`,
  email: t`Customer's e-mail`,
  country: t`Customer's country`,
  rep: t`Sales rep`,
  region: t`Region`,
  channel: t`Channel`,
  category: t`Category`,
  currency: t`Currency`,
};

/** Columns of the first rows as they would be booked, by the ledger's names. */
export const PREVIEW_TITLES: Readonly<Record<string, string>> = {
  order: t`Order`,
  at: t`At`,
  kind: t`Kind`,
  product: t`Product`,
  quantity: t`Quantity`,
  gross: t`Amount`,
  discount: t`Discount`,
  cost: t`Cost`,
  customer: t`Customer`,
  rep: t`Sales rep`,
  region: t`Region`,
  channel: t`Channel`,
  currency: t`Currency`,
};

/** What a sale cannot do without: each by at least one of its fields. */
export const NEEDED: readonly (readonly string[])[] = [["at"], ["sku", "name"], ["gross", "price"]];

const STEPS: Readonly<Record<string, string>> = {
  fetch: t`Fetching the file`,
  read: t`Reading`,
  checks: t`Checking`,
  partitions: t`Preparing`,
  "reference rows": t`Products and customers`,
  comparison: t`Comparing with what is booked`,
  ledger: t`Booking`,
  rollups: t`Adding up`,
  commit: t`Finishing`,
  views: t`Refreshing the analyses`,
  demo: t`Generating sales`,
};

export function stepTitle(step: string | null): string {
  return step === null ? t`Starting` : (STEPS[step] ?? step);
}

function quoted(control: string): string {
  return t`“${control}”`;
}

/** Controls of the page, for what messages name as options of the command. */
const OPTIONS: readonly (readonly [RegExp, string])[] = [
  [/--mode replace/g, quoted(t`The file has whole orders: replace them`)],
  [/--mode snapshot/g, quoted(t`The file is everything`)],
  [/--mode append/g, quoted(t`The file has new sales`)],
  [/--known-orders extend/g, quoted(t`Book new lines of known orders too`)],
  [/--extent files/g, quoted(t`Only the days in the file`)],
  [/--max-rejects [\d,]+/g, quoted(t`Rows that may be left out`)],
  [/--max-rejects/g, quoted(t`Rows that may be left out`)],
  [/--max-missing/g, quoted(t`Lines that may be taken back`)],
  [/,? or --yes|--yes/g, ""],
  [/: --dates day-first or --dates month-first/g, `. ${t`Choose below.`}`],
  [/: --decimal \. or --decimal ,/g, `. ${t`Choose below.`}`],
  [/: --currency [A-Z]{3}, for example\./g, `: ${t`choose it below.`}`],
  [/--currency/g, quoted(t`Currency`)],
  [/--zone/g, quoted(t`Time zone`)],
  [/`shopx import inspect[^`]*`/g, t`this page`],
  [/`shopx import list`/g, t`The list of imports`],
  [/shopx import undo (\d+)/g, t`take back import $1`],
];

/** A sentence of the server, without options of the command, which the page has controls for. */
export function inWords(said: Said): string {
  return withControls(sayText(said));
}

function withControls(text: string): string {
  return OPTIONS.reduce((said, [pattern, words]) => said.replace(pattern, words), text).trim();
}

export function problemText(problem: {
  readonly messageText: Said;
  readonly hintText: Said | null;
}): string {
  const { messageText, hintText } = problem;
  return [messageText, hintText]
    .map((said) => (said === null ? "" : inWords(said)))
    .join(" ")
    .trim();
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** "18 kB", "1.2 GB". */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return new Intl.NumberFormat(LOCALE, {
    style: "unit",
    unit: UNITS[power] ?? "byte",
    unitDisplay: power === 0 ? "long" : "short",
    maximumFractionDigits: power > 1 ? 1 : 0,
  }).format(bytes / 1000 ** power);
}

export function formatInteger(value: number): string {
  return value.toLocaleString(LOCALE);
}

/**
 * A number of a file with all its decimals, as the language writes it. What has some, and what is an
 * amount, has two at least: "1.299,00" is told from "1,299", so that a wrong separator is seen.
 */
export function formatWritten(text: string, decimals = 0): string {
  if (!/^-?\d+(\.\d+)?$/.test(text)) return text;
  return new Intl.NumberFormat(LOCALE, {
    minimumFractionDigits: text.includes(".") ? 2 : decimals,
    maximumFractionDigits: 20,
  })
    .format(text as Intl.StringNumericLiteral)
    .replace("-", "−");
}
