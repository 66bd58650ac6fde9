/** What public/recover.js takes for a page of two releases. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";

beforeAll(() => {
  const source = readFileSync(join(import.meta.dirname, "../public/recover.js"), "utf8");
  // biome-ignore lint/security/noGlobalEval: a classic script of the page, which cannot be imported
  window.eval(source);
});

beforeEach(() => {
  vi.useFakeTimers();
  sessionStorage.clear();
  document.body.innerHTML = '<div id="root"></div>';
});

afterEach(() => vi.useRealTimers());

/** Whether the page would be loaded again after a file could not be. */
function reloadsAfter(file: HTMLElement): boolean {
  document.head.append(file);
  file.dispatchEvent(new Event("error"));
  file.remove();
  return vi.getTimerCount() > 0;
}

function link(rel: string): HTMLLinkElement {
  return Object.assign(document.createElement("link"), { rel });
}

test("a script or a style sheet that is missing loads the page again", () => {
  expect(reloadsAfter(document.createElement("script"))).toBe(true);
  vi.clearAllTimers();
  expect(reloadsAfter(link("stylesheet"))).toBe(true);
});

test("a file that is loaded ahead does not: Firefox reports those that load already", () => {
  expect(reloadsAfter(link("modulepreload"))).toBe(false);
  expect(reloadsAfter(link("icon"))).toBe(false);
});

test("a page that has started is left alone", () => {
  document.getElementById("root")?.append("started");
  expect(reloadsAfter(document.createElement("script"))).toBe(false);
});

test("after a minute it gives up", () => {
  expect(reloadsAfter(document.createElement("script"))).toBe(true);
  vi.clearAllTimers();
  vi.setSystemTime(Date.now() + 61_000);
  expect(reloadsAfter(document.createElement("script"))).toBe(false);
});
