import { describe, expect, it } from "vitest";
import { freshnessRows } from "./freshness.ts";

const AS_OF = "2026-03-01T12:00:00Z";
const FOLD = { foldedAt: AS_OF, pendingLines: 0, lagSeconds: 0, isTrusted: true };
const VIEW = { name: "mv_cohorts", asOf: AS_OF, refreshedAt: AS_OF, seconds: 3.2 };

function rows(changes: { fold?: object; views?: readonly (typeof VIEW)[] }, lastImportAt?: string) {
  const fold = { ...FOLD, ...changes.fold };
  const views = [...(changes.views ?? [VIEW])];
  return freshnessRows({ asOf: AS_OF, tier: "ROLLUP", fold, views }, lastImportAt ?? null);
}

describe("freshness", () => {
  it("says that a view lacks the last import", () => {
    const [, , view] = rows({}, "2026-03-01T12:00:01Z");
    expect(view).toMatchObject({ name: "Cohorts", state: "older than the last import" });
    expect(view?.isBehind).toBe(true);
    expect(rows({}, "2026-03-01T11:59:59Z")[2]?.isBehind).toBe(false);
  });

  it("says how far the rollups are behind, and that figures are exact all the same", () => {
    const [, rollups] = rows({ fold: { pendingLines: 1200, lagSeconds: 7.4 } });
    expect(rollups?.state).toBe("1,200 lines behind for 7 s; figures add them");
    expect(rollups?.isBehind).toBe(true);
    expect(rows({ fold: { isTrusted: false } })[1]?.state).toMatch(/^not trusted/);
  });

  it("does not call what was never computed fresh", () => {
    expect(rows({ views: [] })[2]).toMatchObject({ asOf: null, isBehind: true });
  });
});
