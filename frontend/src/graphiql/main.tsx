import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./explorer.css";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

const EXAMPLE = `# The ShopX Analytics API. Press Ctrl+Space to complete, hover for descriptions.
`;

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no element with the id root.");
createRoot(root).render(
  <GraphiQL fetcher={createGraphiQLFetcher({ url: "/graphql" })} defaultQuery={EXAMPLE} />,
);
