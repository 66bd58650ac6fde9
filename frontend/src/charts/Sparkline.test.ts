import { expect, it } from "vitest";
import { sparklinePoints, sparklineSegments } from "./Sparkline.tsx";

it("dashes what begins or ends at a cut, running or future point", () => {
  const points = sparklinePoints(["1", "2", "3", "4", "5"]);
  const { solid, dashed } = sparklineSegments(points, [0, 4]);
  const ends = (segments: typeof solid) => segments.map(([from, to]) => [from.index, to.index]);
  expect(ends(solid)).toEqual([
    [1, 2],
    [2, 3],
  ]);
  expect(ends(dashed)).toEqual([
    [0, 1],
    [3, 4],
  ]);
});

it("has a gap where there is no value", () => {
  const { solid } = sparklineSegments(sparklinePoints(["1", null, "3", "4"]), []);
  expect(solid.map(([from]) => from.index)).toEqual([2]);
});
