import { afterEach, expect, test } from "vitest";
import { onHost, withinDashboard } from "../lib/basePath.ts";
import { currentPath, navigate } from "./location.ts";

function serveBelow(path: string): void {
  document.head.innerHTML = `<meta name="base-path" content="${path}">`;
}

afterEach(() => {
  document.head.innerHTML = "";
  window.history.replaceState(null, "", "/");
});

test("without a path, paths are those of the host", () => {
  expect(onHost("/customers")).toBe("/customers");
  expect(withinDashboard("/customers")).toBe("/customers");
  serveBelow("/");
  expect(onHost("/")).toBe("/");
});

test("below a path, every path is moved there and back", () => {
  serveBelow("/analytics/");
  expect(onHost("/customers")).toBe("/analytics/customers");
  expect(withinDashboard("/analytics/customers/17")).toBe("/customers/17");
  expect(withinDashboard("/analytics")).toBe("/");
  expect(withinDashboard("/analytics/")).toBe("/");
  expect(withinDashboard("/analyticsx")).toBe("/analyticsx");
});

test("navigation stays below the path", () => {
  serveBelow("/analytics/");
  navigate("/products?range=7d");
  expect(window.location.pathname).toBe("/analytics/products");
  expect(currentPath()).toBe("/products");
});
