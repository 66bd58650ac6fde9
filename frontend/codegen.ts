import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../api/shopx_api/schema.graphql",
  documents: ["src/**/*.graphql"],
  generates: {
    "./src/gql/": {
      preset: "client",
      presetConfig: {
        // Aggregates have no identity, so Apollo's own `useFragment` cannot read them from its
        // cache; masking happens in the types, and `unmask` is free at run time.
        fragmentMasking: { unmaskFunctionName: "unmask" },
      },
      config: {
        strictScalars: true,
        enumsAsTypes: true,
        useTypeImports: true,
        scalars: {
          // Exact decimals travel as strings; turning them into numbers loses cents.
          Decimal: "string",
          DateTime: "string",
          Date: "string",
        },
      },
    },
  },
};

export default config;
