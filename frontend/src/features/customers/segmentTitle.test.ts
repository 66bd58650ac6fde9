import { expect, it } from "vitest";
import { segmentTitle } from "./segmentTitle.ts";

it("writes segments as words", () => {
  expect(segmentTitle("CANNOT_LOSE_THEM")).toBe("Cannot lose them");
});

it("does not call a segment what a metric is called", () => {
  expect(segmentTitle("NEW_CUSTOMERS")).toBe("Recent buyers");
});
