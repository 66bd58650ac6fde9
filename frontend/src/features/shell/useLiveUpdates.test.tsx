import { afterEach, describe, expect, it, vi } from "vitest";
import { snapshotStore } from "../../api/snapshotStore.ts";
import { fakeServer, renderInPage } from "../../test/render.tsx";
import { isPastRange, mustMove, PAST_RANGE_INTERVAL_MS, useLiveUpdates } from "./useLiveUpdates.ts";

describe("isPastRange", () => {
  it.each([
    ["yesterday", true],
    ["28d", true],
    ["12m", true],
    ["last-quarter", true],
    ["today", false],
    ["mtd", false],
    ["all", false],
    [{ from: "2024-01-01", to: "2024-05-31" }, true],
    [{ from: "2024-01-01", to: "2024-06-01" }, false],
  ] as const)("%o: %s", (range, expected) => {
    expect(isPastRange(range, "2024-06-01")).toBe(expected);
  });
});

describe("mustMove", () => {
  const same = { importKnown: "2024-06-01T10:00:00Z", importThere: "2024-06-01T10:00:00Z" };
  const later = { ...same, importThere: "2024-06-01T10:00:07Z" };

  it.each([
    ["a running range at each tick", { isPast: false, sinceMove: 0, ...same }, true],
    ["a past range not at each tick", { isPast: true, sinceMove: 5000, ...same }, false],
    ["a past range with an import at once", { isPast: true, sinceMove: 5000, ...later }, true],
    ["the first import", { isPast: true, sinceMove: 0, ...later, importKnown: null }, true],
    [
      "a past range after a while, for corrections",
      { isPast: true, sinceMove: PAST_RANGE_INTERVAL_MS, ...same },
      true,
    ],
  ])("moves %s", (_, newest, expected) => {
    expect(mustMove(newest)).toBe(expected);
  });
});

function PastPage({ importAt }: { readonly importAt: string }) {
  useLiveUpdates(true, false, importAt);
  return null;
}

describe("a page of past days", () => {
  afterEach(() => vi.useRealTimers());

  it("that was opened before an import is visible shows it at the next tick", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const before = "2026-01-02T03:00:00Z";
    const moves = vi.spyOn(snapshotStore, "moveTo");
    let lastImportAt = before;
    const reporting = { firstSaleAt: null, lastSaleAt: null };
    const server = fakeServer({
      PageTick: () => ({ freshness: { asOf: "" }, reporting: { ...reporting, lastImportAt } }),
    });
    renderInPage(<PastPage importAt={before} />, server);
    await vi.advanceTimersByTimeAsync(12_000);
    expect(server.requested).toEqual(["PageTick", "PageTick"]);
    expect(moves).not.toHaveBeenCalled();
    lastImportAt = "2026-01-02T03:00:07Z";
    await vi.advanceTimersByTimeAsync(12_000);
    expect(moves).toHaveBeenCalledTimes(1);
    expect(moves).toHaveBeenCalledWith(expect.objectContaining({ snapshot: "s3" }));
  });
});
