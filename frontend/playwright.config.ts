import { defineConfig } from "@playwright/test";
import { roboto } from "./e2e/fonts.ts";

const SERIAL = [
  "feeds.spec.ts",
  "imports.spec.ts",
  "live.spec.ts",
  "notes.spec.ts",
  "reports.spec.ts",
  "speed.spec.ts",
];
const ALONE = ["firefox.spec.ts", "visual.spec.ts"];

const CHROMIUM = {
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
};

/** The main flows in Debian's Firefox: `make test-firefox`. Its spec starts the browser. */
const FIREFOX = { name: "firefox", testMatch: "firefox.spec.ts" };

/** Reference pictures: fonts and their drawing are those of every machine. */
const VISUAL = {
  name: "visual",
  testMatch: "visual.spec.ts",
  expect: {
    timeout: 60_000,
    toHaveScreenshot: {
      // Another version of the browser smooths edges differently; a moved or recoloured part is more.
      threshold: 0.25,
      maxDiffPixelRatio: 0.012,
      pathTemplate: "e2e/reference/{arg}{ext}",
    },
  },
  use: {
    launchOptions: {
      ...CHROMIUM,
      args: [
        ...CHROMIUM.args,
        "--font-render-hinting=none",
        "--disable-font-subpixel-positioning",
        "--disable-lcd-text",
        "--force-color-profile=srgb",
      ],
      env: { ...process.env, FONTCONFIG_FILE: roboto() } as Record<string, string>,
    },
  },
};

/**
 * Tests the built pages over a real API with Northwind's data. `BASE_URL` names a running dashboard
 * (`API_TOKEN` lets a test record an order); without it, `e2e/globalSetup.ts` starts one.
 */
export default defineConfig({
  testDir: "e2e",
  globalSetup: "./e2e/globalSetup.ts",
  workers: 2,
  projects:
    process.env.BROWSER === "firefox"
      ? [FIREFOX]
      : [
          VISUAL,
          {
            name: "parallel",
            testMatch: "*.spec.ts",
            testIgnore: [...SERIAL, ...ALONE],
            fullyParallel: true,
          },
          // All tests share one dashboard: those that record an order or measure time run last.
          {
            name: "serial",
            testMatch: SERIAL,
            dependencies: ["visual", "parallel"],
            workers: 1,
          },
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
    launchOptions: CHROMIUM,
  },
});
