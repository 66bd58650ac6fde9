import { expect, it } from "vitest";
import { predictionText } from "./LifetimeValuePanel.tsx";

it("says from which day on the models look, and that returns are not taken off", () => {
  const model = { observedUntil: "2011-12-09" } as Parameters<typeof predictionText>[0];
  expect(predictionText(model)).toBe(
    "So far, and as the purchase models expect from Dec 9, 2011 on, before returns",
  );
});
