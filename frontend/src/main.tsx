import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/print.css";
import { ApolloProvider } from "@apollo/client/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createClient } from "./api/client.ts";
import { snapshotStore } from "./api/snapshotStore.ts";
import { Shell } from "./features/shell/Shell.tsx";
import { onViewChange, writeViewToUrl } from "./state/useView.ts";

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no element with the id root.");

const ignored = writeViewToUrl();
// All panels reload then, so they can read the newest snapshot; subscribes before they do.
onViewChange(() => snapshotStore.release());
createRoot(root).render(
  <StrictMode>
    <ApolloProvider client={createClient()}>
      <Shell ignored={ignored} />
    </ApolloProvider>
  </StrictMode>,
);
