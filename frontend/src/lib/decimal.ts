/**
 * Exact decimals. The API sends amounts as strings; as a `number` a large total would lose cents.
 */

/** An exact decimal as the API sends it, such as "-1265793.0375". */
export type Decimal = string;

export function isZero(value: Decimal): boolean {
  return !/[1-9]/.test(value.replace(/e.*$/i, ""));
}

export function negate(value: Decimal): Decimal {
  if (isZero(value)) return value;
  return value.startsWith("-") ? value.slice(1) : `-${value}`;
}

/** The exact sum. */
export function sum(values: readonly Decimal[]): Decimal {
  const places = Math.max(0, ...values.map(fractionDigits));
  const total = values.reduce((before, value) => before + scaled(value, places), 0n);
  const digits = String(total < 0n ? -total : total).padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  return `${total < 0n ? "-" : ""}${whole}${places > 0 ? `.${digits.slice(-places)}` : ""}`;
}

/** The nearest double: for pixels and rounded percentages, never for exact amounts. 0 for none. */
export function toNumber(value: Decimal | null | undefined): number {
  return value == null ? 0 : Number(value);
}

/** Orders two exact decimals; `null` (no value) comes first. */
export function compareDecimals(left: Decimal | null, right: Decimal | null): number {
  if (left === null || right === null) return Number(left !== null) - Number(right !== null);
  const difference = Number(left) - Number(right);
  if (difference !== 0) return difference;
  return left === right ? 0 : compareScaled(left, right);
}

/** Orders decimals that are too close for doubles to distinguish. */
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
