import { CombinedGraphQLErrors } from "@apollo/client/errors";
import type { GraphQLFormattedError } from "graphql";
import { describe, expect, it, vi } from "vitest";

const LONG = {
  message: "A heat map of 400 days is too long.",
  extensions: {
    code: "INVALID_INPUT",
    hint: "Choose at most 366 days.",
    said: {
      message: {
        text: "A heat map of 400 days is too long.",
        code: "sales.heat-map-days-too",
        values: { days: 400 },
      },
      hint: {
        text: "Choose at most 366 days.",
        code: "sales.choose-most-days",
        values: { max_heatmap_days: 366 },
      },
    },
  },
};

async function describeIn(language: string, fault: GraphQLFormattedError) {
  vi.resetModules();
  window.localStorage.setItem("shopx.language", language);
  const { withWords } = await import("./faultWords.ts");
  const { describeError } = await import("./errors.ts");
  return describeError(new CombinedGraphQLErrors(withWords({ errors: [fault] })));
}

describe("a fault of the server", () => {
  it("is told in the page's language, with what to do", async () => {
    const { detail, detailLanguage } = await describeIn("de", LONG);
    expect(detail).toBe("Eine Heatmap über 400 Tage ist zu lang. Wählen Sie höchstens 366 Tage.");
    expect(detailLanguage).toBeUndefined();
  });

  it("is told by its general code where its sentence has no translation", async () => {
    const extensions = { code: "FORBIDDEN", said: { message: { text: "", code: "", values: {} } } };
    const { detail } = await describeIn("de", { message: "No.", extensions });
    expect(detail).toBe("Das dürfen Sie nicht sehen oder tun.");
  });

  it("is told in English where neither is known, and marked as such", async () => {
    const fault = { message: "Something new.", extensions: { code: "INVALID_NEW" } };
    const { detail, detailLanguage } = await describeIn("de", fault);
    expect([detail, detailLanguage]).toEqual(["Something new.", "en"]);
  });
});
