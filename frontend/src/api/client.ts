import { ApolloClient } from "@apollo/client";
import { InMemoryCache } from "@apollo/client/cache";
import { ApolloLink } from "@apollo/client/link";
import { BaseHttpLink } from "@apollo/client/link/http";
import { onHost } from "../lib/basePath.ts";
import { authLink } from "./auth.ts";
import { concurrencyLink } from "./concurrencyLink.ts";
import { fetchWithTimeout, reachabilityLink } from "./reachability.ts";
import { snapshotLink } from "./snapshotLink.ts";
import { type SnapshotStore, snapshotStore } from "./snapshotStore.ts";
import { traceLink } from "./traceLink.ts";
import { wordsLink } from "./wordsLink.ts";

const MAX_CONCURRENT = 3;

/** Error codes of a snapshot token that the server no longer knows. */
const EXPIRED_CODES = ["AS_OF_EXPIRED", "AS_OF_INVALID"];

export function createClient(
  terminal: ApolloLink = new BaseHttpLink({
    uri: onHost("/graphql"),
    fetch: fetchWithTimeout,
  }),
  store: SnapshotStore = snapshotStore,
): ApolloClient {
  return new ApolloClient({
    link: ApolloLink.from([
      traceLink(),
      authLink(),
      wordsLink(),
      snapshotLink(store, EXPIRED_CODES),
      concurrencyLink(MAX_CONCURRENT),
      reachabilityLink(),
      terminal,
    ]),
    cache: createCache(),
  });
}

/**
 * The cache keeps results by field and arguments and never merges objects by id: a product's
 * figures differ by period and filters, so two rows with the same id hold different data. Several
 * panels select different fields of the same root field and period; those results merge.
 */
function createCache(): InMemoryCache {
  const shared = { merge: true };
  return new InMemoryCache({
    dataIdFromObject: () => undefined,
    possibleTypes: { Node: ["Product", "Customer", "SalesRep", "Category", "Order"] },
    typePolicies: {
      // Panels of a page select different fields of the same root field.
      Query: {
        fields: { node: shared, product: shared, customer: shared, rep: shared, reporting: shared },
      },
      Sales: shared,
      Products: shared,
      Customers: shared,
      Reps: shared,
      Profitability: shared,
      Period: shared,
      Reporting: shared,
    },
  });
}
