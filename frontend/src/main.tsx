import "./styles/tokens.css";
import "./styles/base.css";
import { ApolloProvider } from "@apollo/client/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createClient } from "./api/client.ts";
import { reading } from "./api/reading.ts";
import { Shell } from "./features/shell/Shell.tsx";
import { onOtherView, writeViewToAddress } from "./state/useView.ts";

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no element with the id root.");

writeViewToAddress();
// Every panel asks anew then, so all can read as of now; registered before any of them listens.
onOtherView(() => reading.release());
createRoot(root).render(
  <StrictMode>
    <ApolloProvider client={createClient()}>
      <Shell />
    </ApolloProvider>
  </StrictMode>,
);
