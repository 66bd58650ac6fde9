/** What the wizard calls things, and the server's messages in the page's own words. */
import { LOCALE } from "../../../lib/locale.ts";

/** Fields of a sale that a column may have, as people call them. */
export const FIELD_TITLES: Readonly<Record<string, string>> = {
  at: "Date and time",
  key: "Order number",
  sku: "Product number (SKU)",
  name: "Product name",
  quantity: "Quantity",
  gross: "Amount of the line",
  price: "Unit price",
  discount: "Discount",
  cost: "Cost of the line",
  unit_cost: "Unit cost",
  profit: "Profit",
  customer: "Customer",
  customer_name: "Customer's name",
  email: "Customer's e-mail",
  country: "Customer's country",
  rep: "Sales rep",
  region: "Region",
  channel: "Channel",
  category: "Category",
  currency: "Currency",
};

/** What a sale cannot do without: each by at least one of its fields. */
export const NEEDED: readonly (readonly string[])[] = [["at"], ["sku", "name"], ["gross", "price"]];

const STEPS: Readonly<Record<string, string>> = {
  fetch: "Fetching the file",
  read: "Reading",
  checks: "Checking",
  partitions: "Preparing",
  "reference rows": "Products and customers",
  comparison: "Comparing with what is booked",
  ledger: "Booking",
  rollups: "Adding up",
  commit: "Finishing",
  views: "Refreshing the analyses",
  demo: "Generating sales",
};

export function stepTitle(step: string | null): string {
  return step === null ? "Starting" : (STEPS[step] ?? step);
}

/** Controls of the page, for what messages name as options of the command. */
const OPTIONS: readonly (readonly [RegExp, string])[] = [
  [/--mode replace/g, "“The file has whole orders: replace them”"],
  [/--mode snapshot/g, "“The file is everything”"],
  [/--mode append/g, "“The file has new sales”"],
  [/--known-orders extend/g, "“Book new lines of known orders too”"],
  [/--extent files/g, "“Only the days in the file”"],
  [/--max-rejects [\d,]+/g, "“Rows that may be left out”"],
  [/--max-rejects/g, "“Rows that may be left out”"],
  [/--max-missing/g, "“Lines that may be taken back”"],
  [/,? or --yes|--yes/g, ""],
  [/: --dates day-first or --dates month-first/g, ". Choose below."],
  [/: --decimal \. or --decimal ,/g, ". Choose below."],
  [/: --currency [A-Z]{3}, for example\./g, ": choose it below."],
  [/--currency/g, "“Currency”"],
  [/--zone/g, "“Time zone”"],
  [/`shopx import inspect[^`]*`/g, "this page"],
  [/`shopx import list`/g, "The list of imports"],
  [/shopx import undo (\d+)/g, "take back import $1"],
];

/** A message without options of the command, which the page has controls for. */
export function inWords(text: string): string {
  return OPTIONS.reduce((said, [pattern, words]) => said.replace(pattern, words), text).trim();
}

export function problemText(problem: {
  readonly message: string;
  readonly hint: string | null;
}): string {
  return [problem.message, problem.hint]
    .filter(Boolean)
    .map((text) => inWords(text ?? ""))
    .join(" ");
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
