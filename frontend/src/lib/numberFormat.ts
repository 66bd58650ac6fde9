/** Formats exact decimals: `Intl.NumberFormat` takes them as strings and keeps every digit. */
import { t } from "@lingui/core/macro";
import { type Decimal, toNumber } from "./decimal.ts";
import { IS_RIGHT_TO_LEFT, LOCALE } from "./locale.ts";

export type Unit = "money" | "count" | "ratio";

export interface NumberStyle {
  readonly unit: Unit;
  /** ISO 4217 code of the reporting currency; used for money only. */
  readonly currency: string;
}

/** Amounts of money from here on are shown without cents. */
const CENTS_BELOW = 10_000;

/** The most digits that a tile shows before it abbreviates. */
const MAX_DIGITS = 9;

const formats = new Map<string, Intl.NumberFormat>();

function format(key: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  let known = formats.get(key);
  if (known === undefined) {
    known = new Intl.NumberFormat(LOCALE, options);
    formats.set(key, known);
  }
  return known;
}

/** `Intl` formats a string of digits exactly; its type accepts literals only. */
function apply(formatter: Intl.NumberFormat, value: Decimal): string {
  // A hyphen is shorter than the digits, and breaks from them at the end of a line.
  return isolated(formatter.format(value as Intl.StringNumericLiteral).replace("-", "−"));
}

const LEFT_TO_RIGHT = "\u2066";
const END = "\u2069";

/** Keeps a number's sign and currency at their sides within a text from right to left. */
function isolated(text: string): string {
  if (!IS_RIGHT_TO_LEFT) return text;
  // "UK£" after a word stays one: the mark keeps its sign beside its letters.
  if (/\p{Script=Arabic}/u.test(text)) return text.replace(/\p{Sc}/u, "$&\u200e");
  return `${LEFT_TO_RIGHT}${text.replace(/[\u200e\u200f]/g, "")}${END}`;
}

/** A formatted number with a plus sign. */
export function withPlus(text: string): string {
  return text.startsWith(LEFT_TO_RIGHT) ? `${LEFT_TO_RIGHT}+${text.slice(1)}` : `+${text}`;
}

function currencyOptions(currency: string): Intl.NumberFormatOptions {
  return { style: "currency", currency, currencyDisplay: "narrowSymbol" };
}

/** Every significant digit: money to the cent, counts up to two decimals, ratios to 0.01 %. */
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

/** About five characters at most: "$1.27M", "830", "12.3%"; for axes and tight cells. */
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
 * What tiles and cells show: the exact value, money from 10,000 on without cents, and a compact one
 * beyond nine digits. The exact value belongs in the element's title.
 */
export function formatTile(value: Decimal, style: NumberStyle): string {
  const isWhole = style.unit === "money" && isLarge(value);
  const text = isWhole ? formatFixed(value, style, 0) : formatExact(value, style);
  const digits = text.replace(/\P{Nd}/gu, "").length;
  return digits <= MAX_DIGITS ? text : formatCompact(value, style);
}

/** Whether an amount of money is shown without cents. */
export function isLarge(amount: Decimal): boolean {
  return Math.abs(toNumber(amount)) >= CENTS_BELOW;
}

/** With so many decimals: a ratio's are those of its percentage. */
export function formatFixed(
  value: Decimal,
  { unit, currency }: NumberStyle,
  places: number,
): string {
  return apply(
    format(`fixed${places}:${unit}:${currency}`, {
      ...(unit === "money" ? currencyOptions(currency) : unit === "ratio" && { style: "percent" }),
      minimumFractionDigits: places,
      maximumFractionDigits: places,
    }),
    value,
  );
}

/** A change in per cent with its sign: "+12.4%", "−3%"; beyond 1,000 % as a multiple: "×12". */
export function formatChange(ratio: Decimal): string {
  const size = toNumber(ratio);
  if (isTiny(ratio) && size !== 0) return `${size > 0 ? "+" : "−"}<${formatPercent(0.001)}`;
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
  );
}

/** The smallest change that a percentage with one decimal shows. */
const LEAST_CHANGE = 0.0005;

/** Whether a change is too small to be shown as a number. */
export function isTiny(ratio: Decimal): boolean {
  return Math.abs(toNumber(ratio)) < LEAST_CHANGE;
}

/** A difference of two ratios in percentage points: "−0.14 pp"; `places` = its decimals. */
export function formatPoints(difference: Decimal, places?: number): string {
  const points = toNumber(difference) * 100;
  if (points !== 0 && Math.abs(points) < 0.005) {
    const least = formatNumber(0.01);
    return points > 0 ? t`+<${least} pp` : t`−<${least} pp`;
  }
  const text = format(`points${places}`, {
    minimumFractionDigits: places ?? 0,
    maximumFractionDigits: places ?? 2,
    signDisplay: "exceptZero",
  });
  return t`${text.format(points).replace("-", "−")} pp`;
}

/** A signed amount: "+$1,200.00", "−$35.10". */
export function formatSigned(value: Decimal, { unit, currency }: NumberStyle): string {
  const signDisplay = "exceptZero";
  switch (unit) {
    case "money":
      return apply(
        format(`signed:${currency}`, { ...currencyOptions(currency), signDisplay }),
        value,
      );
    case "count":
      return apply(format("signed", { maximumFractionDigits: 2, signDisplay }), value);
    case "ratio":
      return formatPoints(value);
  }
}

/** A plain number: "1,234". */
function formatNumber(value: number): string {
  return apply(format("exact", { maximumFractionDigits: 2 }), String(value));
}

export function formatPercent(ratio: number, digits = 1): string {
  return format(`percent${digits}`, {
    style: "percent",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
    .format(ratio)
    .replace("-", "−");
}

/** A share of a total as "12.3%"; `null` where there is none. */
export function formatShare(share: Decimal | null | undefined): string | null {
  return share == null ? null : formatPercent(toNumber(share));
}
