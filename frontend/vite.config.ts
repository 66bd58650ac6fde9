import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { precompress } from "./tooling/precompress.ts";

/** Where `npm run dev` finds a running API. */
const api = process.env.SHOPX_API_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  // One path to the API in development and production; `ws` serves subscriptions.
  server: { proxy: { "/graphql": { target: api, ws: true }, "/exports": api } },
  // The explorer's workers are made by a query on an import, which pre-bundling cannot follow.
  optimizeDeps: { exclude: ["graphiql/setup-workers/vite", "@graphiql/react/setup-workers/vite"] },
  plugins: [react(), precompress()],
  build: {
    outDir: "../api/shopx_api/static",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2024",
    // The API explorer's editor is large by nature; scripts/budget.ts watches the dashboard itself.
    chunkSizeWarningLimit: 5000,
    rolldownOptions: { input: ["index.html", "graphiql.html"] },
  },
  worker: { format: "es" },
  test: {
    environment: "jsdom",
    // A fresh global scope for each file without a fresh worker: half the time.
    pool: "vmThreads",
    include: ["src/**/*.test.{ts,tsx}", "tooling/**/*.test.ts"],
    setupFiles: ["src/test/setup.ts"],
    // Dates and numbers must not depend on the machine the tests run on.
    env: { TZ: "UTC" },
    restoreMocks: true,
    css: { modules: { classNameStrategy: "non-scoped" } },
  },
});
