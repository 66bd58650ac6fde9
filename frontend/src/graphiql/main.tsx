import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./explorer.css";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";
import { onHost } from "../lib/basePath.ts";

const EXAMPLE = `# Press Ctrl+Space to complete and hover over a field for its description.
# A token goes into the headers below: {"Authorization": "Bearer shx_..."}
query KeyFigures {
  sales(period: { preset: LAST_28_DAYS }, comparison: { mode: PREVIOUS_PERIOD }) {
    period {
      from
      to
    }
    kpis(metrics: [REVENUE, ORDERS]) {
      metric
      value
      previous
      delta {
        ratio
        status
      }
    }
  }
}
`;

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no element with the id root.");
createRoot(root).render(
  <GraphiQL fetcher={createGraphiQLFetcher({ url: onHost("/graphql") })} defaultQuery={EXAMPLE} />,
);
