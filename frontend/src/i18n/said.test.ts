import { describe, expect, it, vi } from "vitest";

async function loadIn(language: string) {
  vi.resetModules();
  window.localStorage.setItem("shopx.language", language);
  return import("./said.ts");
}

const EMPTY = { text: "sales.csv is empty.", code: "upload.empty", values: { name: "sales.csv" } };

const WARNING = {
  text: "1 line has the quantity 0.",
  code: "unusual.no-quantity",
  values: { lines: 1 },
};

const REJECTED = {
  text: "2 rows were rejected, …",
  code: "import.too-many-rejects",
  values: {
    rows: 1234,
    limit: 0,
    place: { text: "a.csv, row 3", code: "import.place-row", values: { file: "a.csv", row: "3" } },
    reason: { text: "no number", code: "value.no-number", values: {} },
  },
};

describe("what the server says", () => {
  it("stays English where the page is", async () => {
    const { isSaid, sayText } = await loadIn("en");
    expect(sayText(EMPTY)).toBe("sales.csv is empty.");
    expect(isSaid({ ...EMPTY, code: "" })).toBe(true);
  });

  it("is said by its code and values", async () => {
    const { sayText } = await loadIn("de");
    expect(sayText(EMPTY)).toBe("sales.csv ist leer.");
    expect(sayText(WARNING)).toBe("1 Position hat die Menge 0.");
    expect(sayText({ ...WARNING, values: { lines: 1200 } })).toBe(
      "1.200 Positionen haben die Menge 0.",
    );
  });

  it("is said with the sentences within it", async () => {
    const { sayText } = await loadIn("de");
    expect(sayText(REJECTED)).toContain("1.234 Zeilen wurden abgelehnt");
    expect(sayText(REJECTED)).toContain("Die erste: a.csv, Zeile 3: keine Zahl.");
  });

  it("has days and lists of the language", async () => {
    const { sayText } = await loadIn("de");
    const dates = {
      text: "…",
      code: "draft.dates",
      values: {
        pattern: "DD.MM.YYYY",
        example: "31.01.2026",
        first: { day: "2026-01-31" },
        last: { day: "2026-03-01" },
      },
    };
    expect(sayText(dates)).toBe("DD.MM.YYYY, etwa 31.01.2026; 31. Jan. 2026 bis 1. März 2026");
    const sheets = { text: "…", code: "file.roles", values: { names: ["at", "key", "sku"] } };
    expect(sayText(sheets)).toBe("Es gibt at, key und sku.");
  });

  it("keeps paths apart from a text from right to left, in the digits of the language", async () => {
    const { sayText } = await loadIn("ar");
    expect(sayText(EMPTY)).toContain("\u2068sales.csv\u2069");
    expect(sayText(REJECTED)).toContain(new Intl.NumberFormat("ar").format(1234));
  });

  it("is one sentence where it has a code, whatever its values are called", async () => {
    const { sayText } = await loadIn("de");
    const first = { ...REJECTED.values.place, text: "a.csv, row 7" };
    const orders = {
      text: "…",
      code: "import.orders-without-rate",
      values: { orders: 1, currency: "CHF", day: { day: "2026-03-01" }, place: first },
    };
    const lacking = [orders];
    const problem = {
      text: "…",
      code: "import.exchange-rate-into-known",
      // Sentences one after another have this name, and no code.
      values: { reporting: "EUR", lacking, parts: lacking },
    };
    expect(sayText(problem)).toMatch(/^Es ist kein Wechselkurs in EUR bekannt für .*CHF.*Zeile 3/);
  });

  it("is English where a code is not known, and so are sentences without one", async () => {
    const { isSaid, sayText } = await loadIn("ja");
    const unknown = { text: "Something new.", code: "not.known", values: {} };
    expect([sayText(unknown), isSaid(unknown)]).toEqual(["Something new.", false]);
    const both = { text: "…", code: "", values: { parts: [EMPTY, "And so on."] } };
    expect(sayText(both)).toBe("sales.csvは空です。 And so on.");
    expect(isSaid(both)).toBe(true);
  });
});
