import { defineConfig } from "@playwright/test";

/**
 * Drives the built pages over a real API with Northwind imported. With `BASE_URL` an already
 * running dashboard is tested (`API_TOKEN` lets it record an order); without, `e2e/setup.ts`
 * starts one for the time of the run.
 */
export default defineConfig({
  testDir: "e2e",
  testMatch: "*.spec.ts",
  globalSetup: "./e2e/setup.ts",
  // All tests share one dashboard, and one of them records an order in it.
  workers: 1,
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
