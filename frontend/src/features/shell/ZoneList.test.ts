import { describe, expect, it } from "vitest";
import { matchingZones } from "./ZoneList.tsx";

describe("matchingZones", () => {
  it("finds a city with a space in its name", () => {
    expect(matchingZones("new york", "UTC")).toContain("America/New_York");
  });

  it("puts the reporting zone first", () => {
    expect(matchingZones("", "Asia/Tokyo")[0]).toBe("Asia/Tokyo");
  });
});
