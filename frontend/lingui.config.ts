import { defineConfig } from "@lingui/cli";
import { formatter } from "@lingui/format-po";

export default defineConfig({
  sourceLocale: "en",
  locales: ["en", "de", "ar", "ja", "pseudo"],
  // Generated: accents on every wrapped text, for tests that find the others.
  pseudoLocale: "pseudo",
  catalogs: [
    { path: "<rootDir>/src/i18n/locales/{locale}", include: ["src"], exclude: ["**/*.test.*"] },
  ],
  // Line numbers would change with every edit.
  format: formatter({ origins: false }),
  runtimeConfigModule: { i18n: ["#i18n", "i18n"], Trans: ["#trans", "Trans"] },
});
