/**
 * Formatting of exact decimals.
 *
 * Amounts arrive as strings and are handed to `Intl.NumberFormat` as strings, which formats every
 * digit; turned into a `number` first, a large total would lose its cents. Only `toCoordinate`
 * gives up exactness, for pixels.
 */
import { LOCALE } from "./locale.ts";

/** An exact decimal as the API sends it, such as "-1265793.0375". */
export type Decimal = string;

export type Unit = "money" | "count" | "ratio";

export interface NumberStyle {
  readonly unit: Unit;
  /** ISO 4217 code of the reporting currency; only read for money. */
  readonly currency: string;
}

/** The most digits (cents included) that a tile shows before it abbreviates. */
const MAX_EXACT_DIGITS = 9;

const formats = new Map<string, Intl.NumberFormat>();

function format(key: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  let known = formats.get(key);
  if (known === undefined) {
    known = new Intl.NumberFormat(LOCALE, options);
    formats.set(key, known);
  }
  return known;
}

/** A string of digits is an exact value to `Intl`, whatever TypeScript's library thinks. */
function apply(formatter: Intl.NumberFormat, value: Decimal): string {
  return formatter.format(value as Intl.StringNumericLiteral);
}

function currencyOptions(currency: string): Intl.NumberFormatOptions {
  return { style: "currency", currency, currencyDisplay: "narrowSymbol" };
}

/** Every digit a reader needs: money to the cent, counts up to two decimals, ratios to 0.01 %. */
export function formatExact(value: Decimal, { unit, currency }: NumberStyle): string {
  switch (unit) {
    case "money":
      return apply(format(`exact:${currency}`, currencyOptions(currency)), value);
    case "count":
      return apply(format("exact", { maximumFractionDigits: 2 }), value);
    case "ratio":
      return apply(format("exact%", { style: "percent", maximumFractionDigits: 2 }), value);
  }
}

/** At most about five characters of number: "$1.27M", "830", "12.3%"; for axes and tight cells. */
export function formatCompact(value: Decimal, { unit, currency }: NumberStyle): string {
  const short: Intl.NumberFormatOptions = {
    notation: "compact",
    maximumSignificantDigits: 3,
  };
  switch (unit) {
    case "money":
      return apply(
        format(`compact:${currency}`, { ...currencyOptions(currency), ...short }),
        value,
      );
    case "count":
      return apply(format("compact", short), value);
    case "ratio":
      return apply(format("compact%", { style: "percent", maximumFractionDigits: 1 }), value);
  }
}

/**
 * What a tile shows: the exact figure while it has at most nine digits, else the compact one.
 * Whoever shows it puts `formatExact` into the title.
 */
export function formatTile(value: Decimal, style: NumberStyle): string {
  const exact = formatExact(value, style);
  const digits = exact.replace(/\D/g, "").length;
  return digits <= MAX_EXACT_DIGITS ? exact : formatCompact(value, style);
}

/** A change in per cent with its sign: "+12.4%", "−3%"; beyond 1,000 % as a multiple: "×12". */
export function formatChange(ratio: Decimal): string {
  const size = toCoordinate(ratio);
  if (size >= 10) {
    return `×${apply(format("multiple", { maximumSignificantDigits: 3, notation: "compact" }), String(size + 1))}`;
  }
  const digits = Math.abs(size) < 1 ? 1 : 0;
  return apply(
    format(`change${digits}`, {
      style: "percent",
      maximumFractionDigits: digits,
      signDisplay: "exceptZero",
    }),
    ratio,
  ).replace("-", "−");
}

/** A signed amount: "+$1,200.00", "−$35.10". */
export function formatSigned(value: Decimal, style: NumberStyle): string {
  const text = formatExact(value, style).replace("-", "−");
  return isPositive(value) ? `+${text}` : text;
}

export function formatPercent(ratio: number, digits = 1): string {
  return format(`percent${digits}`, {
    style: "percent",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(ratio);
}

export function isZero(value: Decimal): boolean {
  return !/[1-9]/.test(value.replace(/e.*$/i, ""));
}

function isPositive(value: Decimal): boolean {
  return !value.startsWith("-") && !isZero(value);
}

/** The nearest binary number: for pixels, never for text. */
export function toCoordinate(value: Decimal | null | undefined): number {
  return value == null ? 0 : Number(value);
}

/** Orders two exact decimals; `null` (no value) comes before everything. */
export function compareDecimals(left: Decimal | null, right: Decimal | null): number {
  if (left === null || right === null) return Number(left !== null) - Number(right !== null);
  const difference = Number(left) - Number(right);
  if (difference !== 0) return difference;
  return left === right ? 0 : compareScaled(left, right);
}

/** Decides between decimals too close for a binary number to tell apart. */
function compareScaled(left: Decimal, right: Decimal): number {
  const places = Math.max(fractionDigits(left), fractionDigits(right));
  const difference = scaled(left, places) - scaled(right, places);
  return difference === 0n ? 0 : difference > 0n ? 1 : -1;
}

function fractionDigits(value: Decimal): number {
  return value.split(".")[1]?.length ?? 0;
}

function scaled(value: Decimal, places: number): bigint {
  const [whole = "0", fraction = ""] = value.replace(/^[-+]/, "").split(".");
  const size = BigInt(whole + fraction.padEnd(places, "0"));
  return value.startsWith("-") ? -size : size;
}
