import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../api/shopx_api/schema.graphql",
  documents: ["src/**/*.graphql"],
  generates: {
    "./src/gql/": {
      preset: "client",
      presetConfig: {
        // Aggregates have no id, so Apollo's `useFragment` cannot read them from its cache. The
        // types mask fragments; `unmask` costs nothing at run time.
        fragmentMasking: { unmaskFunctionName: "unmask" },
      },
      config: {
        strictScalars: true,
        // Each fragment once, not in every document that spreads it.
        dedupeFragments: true,
        enumsAsTypes: true,
        useTypeImports: true,
        scalars: {
          // Exact decimals are strings: numbers would lose cents.
          Decimal: "string",
          DateTime: "string",
          Date: "string",
          SaidText: 'import("../i18n/said.ts").Said',
        },
      },
    },
  },
};

export default config;
