/** Amounts that figures leave out, because no exchange rate of their currency is known. */
export interface LeftOut {
  readonly of: "sales" | "quotas";
  readonly currency: string;
  /** Sale lines, or quotas. */
  readonly lines: number;
  /** Before discounts and returns, exact, in the currency. */
  readonly gross: string;
  /** The revenue that is missing; "0" where everything was returned. */
  readonly amount: string;
  readonly cost: string;
  /** What adds the rate. */
  readonly command: string;
}

/**
 * Reads `extensions.leftOut` of a response.
 *
 * It throws where it cannot: figures whose gap cannot be shown must not be shown either.
 */
export function parseLeftOut(value: unknown): readonly LeftOut[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every(isLeftOut)) {
    throw new TypeError("The server leaves amounts out that this page cannot name.");
  }
  return widest(value);
}

const TEXTS = ["currency", "gross", "amount", "cost", "command"];

function isLeftOut(value: unknown): value is LeftOut {
  if (typeof value !== "object" || value === null) return false;
  const found = value as Record<string, unknown>;
  return (
    (found.of === "sales" || found.of === "quotas") &&
    typeof found.lines === "number" &&
    TEXTS.every((name) => typeof found[name] === "string")
  );
}

/** Of each currency the entry with the most lines: an answer reads several, overlapping periods. */
function widest(found: readonly LeftOut[]): readonly LeftOut[] {
  const kept = new Map<string, LeftOut>();
  for (const one of found) {
    const key = `${one.of} ${one.currency}`;
    const other = kept.get(key);
    if (other === undefined || other.lines < one.lines) kept.set(key, one);
  }
  return [...kept.values()];
}

/** Whether a rate would change revenue or profit; what nets to nothing asks for none. */
export function needsRate({ amount, cost }: LeftOut): boolean {
  return amount !== "0" || cost !== "0";
}
