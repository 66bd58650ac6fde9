/** Numbers that stand below each other, in one precision. */
import { type Decimal, toNumber } from "./decimal.ts";
import { formatExact, formatFixed, isLarge, type NumberStyle, type Unit } from "./numberFormat.ts";

/** All values of a column: what one of them is written like depends on the others. */
export type Among = readonly (Decimal | null | undefined)[];

const MOST_PLACES = 2;

const known = new WeakMap<Among, Map<Unit, number | null>>();

/**
 * A value as its column has it. Money has no cents where one amount of the column has none, and
 * other numbers have as many decimals as one of them needs. Nothing is abbreviated: "1.2M" above
 * "830K" hides which is which.
 */
export function formatAmong(value: Decimal, style: NumberStyle, among: Among): string {
  const places = placesOf(among, style.unit);
  return places === null ? formatExact(value, style) : formatFixed(value, style, places);
}

/** A value of a chart in its table: money to the cent, an estimate of it without cents. */
export function formatInTable(
  value: Decimal,
  style: NumberStyle,
  among: Among,
  isEstimate: boolean,
): string {
  if (style.unit !== "money") return formatAmong(value, style, among);
  return isEstimate ? formatFixed(value, style, 0) : formatExact(value, style);
}

/** The decimals of a column; `null` = those of each amount's currency. */
export function placesOf(among: Among, unit: Unit): number | null {
  let units = known.get(among);
  if (units === undefined) {
    units = new Map();
    known.set(among, units);
  }
  let places = units.get(unit);
  if (places === undefined) {
    places = computed(among, unit);
    units.set(unit, places);
  }
  return places;
}

function computed(among: Among, unit: Unit): number | null {
  const values = among.filter((value) => value != null);
  if (unit === "money") return values.some(isLarge) ? 0 : null;
  return Math.max(0, ...values.map((value) => decimals(value, unit === "ratio" ? 100 : 1)));
}

/** How many decimals a number has, rounded to the most that are shown. */
function decimals(value: Decimal, scale: number): number {
  const [, digits = ""] = (toNumber(value) * scale).toFixed(MOST_PLACES).split(".");
  return digits.replace(/0+$/, "").length;
}
