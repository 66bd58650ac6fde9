import { defineConfig } from "@playwright/test";

const SERIAL = [
  "feeds.spec.ts",
  "imports.spec.ts",
  "live.spec.ts",
  "notes.spec.ts",
  "speed.spec.ts",
];

/**
 * Tests the built pages over a real API with Northwind's data. `BASE_URL` names a running dashboard
 * (`API_TOKEN` lets a test record an order); without it, `e2e/globalSetup.ts` starts one.
 */
export default defineConfig({
  testDir: "e2e",
  globalSetup: "./e2e/globalSetup.ts",
  workers: 2,
  projects: [
    { name: "parallel", testMatch: "*.spec.ts", testIgnore: SERIAL, fullyParallel: true },
    // All tests share one dashboard: those that record an order or measure time run last.
    { name: "serial", testMatch: SERIAL, dependencies: ["parallel"], workers: 1 },
  ],
  // Generous, for busy machines.
  timeout: 240_000,
  expect: {
    timeout: 60_000,
    // What differs less, such as a time of day, is the same picture.
    toHaveScreenshot: { maxDiffPixelRatio: 0.005, pathTemplate: "../docs/images/pages/{arg}{ext}" },
  },
  forbidOnly: true,
  reporter: [["list"]],
  use: {
    baseURL: process.env.BASE_URL,
    locale: "en-US",
    timezoneId: "UTC",
    viewport: { width: 1440, height: 900 },
    screenshot: "only-on-failure",
    launchOptions: {
      // The installed browser; none is downloaded.
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
