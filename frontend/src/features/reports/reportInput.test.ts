import { describe, expect, it } from "vitest";
import { filePage } from "./filePage.ts";
import { type ReportFields, reportInput } from "./reportInput.ts";

const FIELDS: ReportFields = {
  name: " Monday ",
  page: "overview",
  preset: "LAST_WEEK",
  channel: "EMAIL",
  targets: "a@example.org, b@example.org\nc@example.org",
  schedule: "0 7 * * MON",
  formats: ["PDF", "XLSX"],
  isAlert: false,
  metric: "REVENUE",
  condition: "FALLS",
  threshold: "12.5",
};
const PAGE = { filters: null, zone: "Europe/Berlin" };

describe("reportInput", () => {
  it("separates recipients", () => {
    const made = reportInput(FIELDS, PAGE);
    expect(made.targets).toEqual(["a@example.org", "b@example.org", "c@example.org"]);
    expect(made).toMatchObject({ name: "Monday", zone: "Europe/Berlin", alert: null });
  });

  it("sends Slack no files", () => {
    expect(reportInput({ ...FIELDS, channel: "SLACK" }, PAGE).formats).toEqual([]);
  });

  it.each([
    ["12.5", ".125"],
    ["29", ".29"],
    ["250", "2.50"],
    ["5", ".05"],
  ])("takes a change of %s per cent as a ratio", (threshold, ratio) => {
    const made = reportInput({ ...FIELDS, isAlert: true, threshold }, PAGE);
    expect(Number(made.alert?.threshold)).toBe(Number(ratio));
  });

  it("takes an amount as it is", () => {
    const given = { ...FIELDS, isAlert: true, condition: "BELOW", threshold: " 1000.10 " } as const;
    expect(reportInput(given, PAGE).alert?.threshold).toBe("1000.10");
  });
});

describe("filePage", () => {
  it.each([
    ["/", "overview"],
    ["/products", "products"],
    ["/products/abc", null],
    ["/nowhere", null],
  ])("of %s is %s", (path, page) => {
    expect(filePage(path)).toBe(page);
  });
});
