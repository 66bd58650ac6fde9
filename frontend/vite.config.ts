import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { firstChunk } from "./tooling/firstChunk.ts";
import { precompress } from "./tooling/precompress.ts";
import { splitDocuments } from "./tooling/splitDocuments.ts";

/** The running API behind `npm run dev`. */
const api = process.env.SHOPX_API_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  // The same paths as in production; `ws` serves subscriptions.
  server: { proxy: { "/graphql": { target: api, ws: true }, "/exports": api } },
  // Pre-bundling cannot follow the explorer's imports of workers.
  optimizeDeps: { exclude: ["graphiql/setup-workers/vite", "@graphiql/react/setup-workers/vite"] },
  plugins: [react(), splitDocuments(), precompress()],
  experimental: {
    // Pages name files from the root, where the server puts the path below which it serves; scripts
    // and styles name them relative to themselves.
    renderBuiltUrl: (_, { hostType }) => (hostType === "html" ? undefined : { relative: true }),
  },
  build: {
    outDir: "../api/shopx_api/static",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2024",
    // The API explorer's editor is large; tooling/budget.ts checks the dashboard itself.
    chunkSizeWarningLimit: 5000,
    rolldownOptions: {
      input: ["index.html", "graphiql.html"],
      output: {
        codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: firstChunk() }] },
      },
    },
    // All browsers of the target load modules ahead by themselves.
    modulePreload: { polyfill: false },
  },
  worker: { format: "es" },
  test: {
    environment: "jsdom",
    // A fresh global scope for each file without a fresh worker takes half the time.
    pool: "vmThreads",
    include: ["src/**/*.test.{ts,tsx}", "tooling/**/*.test.ts"],
    setupFiles: ["src/test/setup.ts"],
    // Results must not depend on the time zone of the machine.
    env: { TZ: "UTC" },
    restoreMocks: true,
    // Generous, for busy machines.
    testTimeout: 60_000,
    css: { modules: { classNameStrategy: "non-scoped" } },
  },
});
