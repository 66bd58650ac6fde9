import { ApolloClient } from "@apollo/client";
import { InMemoryCache } from "@apollo/client/cache";
import { ApolloLink } from "@apollo/client/link";
import { BaseHttpLink } from "@apollo/client/link/http";
import { limitLink } from "./limitLink.ts";
import { type ReadingStore, reading } from "./reading.ts";
import { readingLink } from "./readingLink.ts";
import { sessionLink } from "./session.ts";

const MAX_CONCURRENT = 3;

/** Codes by which the server says that it no longer knows the token of a page. */
const EXPIRED_CODES = ["AS_OF_EXPIRED", "AS_OF_INVALID"];

export function createClient(
  terminal: ApolloLink = new BaseHttpLink({ uri: "/graphql" }),
  store: ReadingStore = reading,
): ApolloClient {
  return new ApolloClient({
    link: ApolloLink.from([
      sessionLink(),
      readingLink(store, EXPIRED_CODES),
      limitLink(MAX_CONCURRENT),
      terminal,
    ]),
    cache: createCache(),
  });
}

/**
 * The cache keeps answers by field and arguments and never merges objects by id: a product's
 * figures differ by period and filters, so two rows with one id are not one thing. The areas and
 * the period they resolve to are asked by several panels with different selections; those merge.
 */
function createCache(): InMemoryCache {
  const shared = { merge: true };
  return new InMemoryCache({
    dataIdFromObject: () => undefined,
    possibleTypes: { Node: ["Product", "Customer", "SalesRep", "Category", "Order"] },
    typePolicies: {
      // Panels of one member's page ask different things of the same field.
      Query: { fields: { node: shared, product: shared, customer: shared, rep: shared } },
      Sales: shared,
      Products: shared,
      Customers: shared,
      Reps: shared,
      Profitability: shared,
      Period: shared,
    },
  });
}
