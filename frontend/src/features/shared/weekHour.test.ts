import { describe, expect, it } from "vitest";
import { formatWeekHour, parseWeekHour, weekHourTitle } from "./weekHour.ts";

describe("parseWeekHour", () => {
  it("reads what formatWeekHour writes", () => {
    const hour = { weekday: 5, hour: 14 };
    expect(parseWeekHour(formatWeekHour(hour))).toEqual(hour);
    expect(weekHourTitle(hour)).toBe("Friday, 14:00 to 15:00");
  });

  it.each([null, "", "0-3", "8-3", "1-24", "1-", "x", "1-2-3"])("refuses %j", (text) => {
    expect(parseWeekHour(text)).toBeNull();
  });
});
