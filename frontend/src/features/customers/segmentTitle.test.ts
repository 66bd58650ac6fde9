import { expect, it } from "vitest";
import { segmentTitle } from "./segmentTitle.ts";

it("writes segments as words", () => {
  expect(segmentTitle("CANNOT_LOSE_THEM")).toBe("Cannot lose them");
});
