import type { OperationVariables, TypedDocumentNode } from "@apollo/client";
import { useApolloClient } from "@apollo/client/react";

/** The most rows that the API gives at once. */
const PAGE_SIZE = 100;

/** One page of a list. */
interface Page<Row> {
  readonly nodes: readonly Row[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** Loads every row of a panel's list, page by page; it rejects rather than leave rows out. */
export function useAllRows<Data, Variables extends OperationVariables, Row>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  pageOf: (data: Data) => Page<Row> | undefined,
): () => Promise<readonly Row[]> {
  const client = useApolloClient();
  return async () => {
    const rows: Row[] = [];
    let after: string | null = null;
    do {
      const result: { data?: Data | undefined } = await client.query<Data, OperationVariables>({
        query: document,
        variables: { ...variables, first: PAGE_SIZE, after },
        fetchPolicy: "no-cache",
      });
      const page: Page<Row> | undefined = result.data && pageOf(result.data);
      if (page === undefined) throw new Error("A page of the list is missing.");
      rows.push(...page.nodes);
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    return rows;
  };
}
