import { defineConfig } from "@playwright/test";

const ALONE = ["live.spec.ts", "speed.spec.ts"];

/**
 * Drives the built pages over a real API with Northwind imported. With `BASE_URL` an already
 * running dashboard is tested (`API_TOKEN` lets it record an order); without, `e2e/setup.ts`
 * starts one for the time of the run.
 */
export default defineConfig({
  testDir: "e2e",
  globalSetup: "./e2e/setup.ts",
  workers: 2,
  projects: [
    { name: "together", testMatch: "*.spec.ts", testIgnore: ALONE, fullyParallel: true },
    // All tests share one dashboard: who records an order in it, or times it, comes last.
    { name: "alone", testMatch: ALONE, dependencies: ["together"], workers: 1 },
  ],
  // Generous, for a machine that does much else at the same time.
  timeout: 120_000,
  expect: { timeout: 30_000 },
  forbidOnly: true,
  reporter: [["list"]],
  use: {
    baseURL: process.env.BASE_URL,
    locale: "en-US",
    timezoneId: "UTC",
    viewport: { width: 1440, height: 900 },
    screenshot: "only-on-failure",
    launchOptions: {
      // The machine's browser: none is downloaded.
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
