import { describe, expect, it, vi } from "vitest";

async function loadIn(language: string) {
  vi.resetModules();
  window.localStorage.setItem("shopx.language", language);
  return import("./instants.ts");
}

describe("the days from the first sale to the last", () => {
  it.each([
    ["2026-11-02T00:00:00Z", "2026-11-05T00:00:00Z", "UTC", "Nov 2 – 5, 2026"],
    ["2026-11-05T00:00:00Z", "2026-11-05T00:00:00Z", "UTC", "Nov 5, 2026"],
    ["2026-11-02T12:00:00Z", "2026-11-04T23:00:00Z", "Europe/Berlin", "Nov 2 – 5, 2026"],
    ["2026-11-02T12:00:00Z", "2026-11-04T22:59:59.999Z", "Europe/Berlin", "Nov 2 – 4, 2026"],
  ])("%s to %s in %s", async (first, last, zone, expected) => {
    const { formatDaysOf } = await loadIn("en");
    expect(formatDaysOf(first, last, zone).replace(/\s/g, " ")).toBe(expected);
  });
});

describe("an instant", () => {
  it.each([
    ["en", "Nov 30, 2026, 10:40:00"],
    ["de", "30. Nov. 2026, 10:40:00"],
    ["ar", "٣٠ نوفمبر ٢٠٢٦، ١٠:٤٠:٠٠"],
    ["ja", "2026年11月30日 10:40:00"],
  ])("has the digits and the separator of the language: %s", async (language, expected) => {
    const { formatInstant } = await loadIn(language);
    const { LOCALE } = await import("../../lib/locale.ts");
    const text = formatInstant("2026-11-30T10:40:00Z", "UTC").replace(/[\u200e\u200f]/g, "");
    // The digits of "ar" alone are those of the data of the engine.
    const digits = new Intl.NumberFormat(LOCALE, { useGrouping: false });
    const own = expected.replace(/[٠-٩]/g, (one) => digits.format("٠١٢٣٤٥٦٧٨٩".indexOf(one)));
    expect(text).toBe(own);
  });
});
