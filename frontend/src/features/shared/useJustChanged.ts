import { useEffect, useRef, useState } from "react";
import type { Decimal } from "../../lib/decimal.ts";

const HIGHLIGHT_MS = 1_600;

/** Whether the value has changed within the last 1.6 s; its first value is no change. */
export function useJustChanged(value: Decimal | null): boolean {
  const before = useRef(value);
  const [changed, setChanged] = useState(false);
  useEffect(() => {
    if (before.current === value) return;
    before.current = value;
    setChanged(true);
    const timer = setTimeout(() => setChanged(false), HIGHLIGHT_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return changed;
}
