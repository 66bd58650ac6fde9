import "./styles/tokens.css";
import "./styles/base.css";
import { ApolloProvider } from "@apollo/client/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createClient } from "./api/client.ts";
import { Shell } from "./features/shell/Shell.tsx";
import { writeViewToAddress } from "./state/useView.ts";

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no element with the id root.");

writeViewToAddress();
createRoot(root).render(
  <StrictMode>
    <ApolloProvider client={createClient()}>
      <Shell />
    </ApolloProvider>
  </StrictMode>,
);
