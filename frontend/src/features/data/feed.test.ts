import { expect, test } from "vitest";
import {
  canFollow,
  eventsText,
  type Feed,
  feedInput,
  feedLag,
  lagText,
  scheduleText,
  slotText,
  stateText,
  usualSchedule,
} from "./feed.ts";

const FIELDS = {
  name: " shop ",
  address: "s3://exports/*.csv ",
  source: "shop",
  known: "",
  mapping: "apiVersion: x",
  schedule: "0 6 * * *",
  follows: false,
  credential: " ",
};

test("a feed's arguments", () => {
  expect(feedInput(FIELDS)).toEqual({
    name: "shop",
    address: "s3://exports/*.csv",
    source: "shop",
    mapping: "apiVersion: x",
    schedule: "0 6 * * *",
    credential: null,
  });
  expect(feedInput({ ...FIELDS, known: "saleor", credential: "key" })).toMatchObject({
    mapping: "saleor",
    credential: "key",
  });
});

test("a shop that sends events has no schedule", () => {
  const given = feedInput({ ...FIELDS, address: "webhook:shopify", credential: "key" });
  expect(given).not.toHaveProperty("schedule");
  expect(given).not.toHaveProperty("mapping");
  expect(scheduleText(null)).toBe("as events come");
  const feed = {
    waitingEvents: 0,
    unreadableEvents: 0,
    refusedRequests: 0,
    unreadableWhyText: null,
  };
  expect(eventsText(feed as Feed)).toBeNull();
  expect(
    eventsText({
      ...feed,
      unreadableEvents: 1,
      refusedRequests: 2,
      unreadableWhyText: { text: "It is no JSON.", code: "", values: {} },
    } as Feed),
  ).toBe("1 unreadable and 2 without a valid signature. It is no JSON.");
});

test("changes are followed where a database has them", () => {
  const address = "postgresql://db/erp";
  const follows = { ...FIELDS, follows: true };
  expect(feedInput({ ...follows, address }).address).toBe(`${address}?follow=changes`);
  expect(feedInput({ ...follows, address: `${address}?sslmode=require` }).address).toBe(
    `${address}?sslmode=require&follow=changes`,
  );
  expect(feedInput({ ...FIELDS, address }).address).toBe(address);
  expect(feedInput(follows).address).toBe("s3://exports/*.csv");
  expect(canFollow(`${address}?follow=changes`)).toBe(false);
  expect(canFollow("mysql://db/erp")).toBe(false);
});

test("how much of a followed database's log was not read", () => {
  const slot = {
    unreadBytes: "2000000",
    keptBytes: "1024",
    readWholeAt: null,
    readWholeWhyText: null,
  };
  const feed = { lagSeconds: 61, slot } as Feed;
  expect(feedLag(feed)).toBe("1 min, 2 MB");
  expect(feedLag({ ...feed, slot: null })).toBe("1 min");
  expect(slotText(feed, "UTC")).toBeNull();
  const told = {
    ...slot,
    keptBytes: "11800000000",
    readWholeWhyText: { text: "the slot is gone", code: "", values: {} },
  };
  expect(slotText({ ...feed, slot: told }, "UTC")).toBe(
    "Its database keeps 11.8 GB of its log, and may run full. Everything is read again: the slot is gone",
  );
  const read = {
    ...slot,
    readWholeAt: "2026-11-30T07:31:09Z",
    readWholeWhyText: { text: "a table was emptied", code: "", values: {} },
  };
  expect(slotText({ ...feed, slot: read }, "Asia/Tokyo")).toBe(
    "Everything was read again on Nov 30, 2026, 16:31: a table was emptied",
  );
});

test("an unknown lag is said to be unknown", () => {
  expect(lagText(null)).toBe("unknown: not read yet");
  expect([3, 61, 7300, 49 * 3600].map(lagText)).toEqual([
    "under a minute",
    "1 min",
    "2 h",
    "2 days",
  ]);
});

test("states and schedules in words", () => {
  const feed = { state: "WAITING", failures: 0, lagSeconds: null } as Feed;
  expect(stateText(feed)).toBe("not read yet");
  expect(stateText({ ...feed, lagSeconds: 5 })).toBe("up to date");
  expect(stateText({ ...feed, state: "FAILING", failures: 3 })).toBe("failed 3 times");
  expect(scheduleText("7 * * * *")).toBe("every hour");
  expect([true, false].map((follows) => scheduleText(usualSchedule(follows)))).toEqual([
    "every minute",
    "every 15 minutes",
  ]);
  expect(scheduleText("1 2 3 4 5")).toBe("1 2 3 4 5");
});
