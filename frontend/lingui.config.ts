import { defineConfig } from "@lingui/cli";
import { formatter } from "@lingui/format-po";

export default defineConfig({
  sourceLocale: "en",
  locales: ["en", "de", "ar", "ja", "pseudo"],
  // Generated: accents on every wrapped text, for tests that find the others.
  pseudoLocale: "pseudo",
  catalogs: [
    {
      path: "<rootDir>/src/i18n/locales/{locale}",
      include: ["src"],
      exclude: ["**/*.test.*", "src/i18n/serverTexts.ts"],
    },
    // What the server says, loaded with the first page or fault that shows some of it.
    { path: "<rootDir>/src/i18n/server/{locale}", include: ["src/i18n/serverTexts.ts"] },
  ],
  // Line numbers would change with every edit.
  format: formatter({ origins: false }),
  runtimeConfigModule: { i18n: ["#i18n", "i18n"], Trans: ["#trans", "Trans"] },
});
