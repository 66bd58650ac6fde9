import { createContext, useContext } from "react";
import type { LeftOut } from "../../api/leftOut.ts";
import type { Instant } from "../../lib/dates.ts";

/** What a panel's parts, such as its file, say about its figures. */
interface PanelFacts {
  /** The instant that the figures are as of; `null` before the first result. */
  readonly asOf: Instant | null;
  /** When the materialized view was computed that the panel reads; `null` where it reads none. */
  readonly computedAt: Instant | null;
  readonly leftOut: readonly LeftOut[];
}

export const NO_FACTS: PanelFacts = { asOf: null, computedAt: null, leftOut: [] };

const Context = createContext<PanelFacts>(NO_FACTS);

export const PanelFactsProvider = Context.Provider;

export function usePanelFacts(): PanelFacts {
  return useContext(Context);
}
