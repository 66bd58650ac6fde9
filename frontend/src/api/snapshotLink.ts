import { ApolloLink } from "@apollo/client/link";
import { defer, finalize, from, mergeMap, type Observable, of, tap } from "rxjs";
import {
  operationKey,
  parseExtensions,
  type ResponseExtensions,
  type SnapshotStore,
} from "./snapshotStore.ts";

export const AS_OF_HEADER = "X-ShopX-As-Of";

/** Options of this link in an operation's context. */
export interface SnapshotContext {
  /** Reads the newest snapshot instead of the page's, and receives the response's extensions. */
  readonly onFresh?: (extensions: ResponseExtensions) => void;
}

/**
 * Makes all operations of a page read one snapshot. The first operation goes alone and without a
 * token; the others wait for its response and send that token. When the server no longer knows a
 * token, the token is dropped and the operation sent once more.
 */
export function snapshotLink(store: SnapshotStore, expiredCodes: readonly string[]): ApolloLink {
  let leader: Promise<void> | null = null;

  function attempt(
    operation: ApolloLink.Operation,
    forward: ApolloLink.ForwardFunction,
    canRetry: boolean,
  ): Observable<ApolloLink.Result> {
    const token = store.token;
    if (token === null && leader !== null) {
      return from(leader).pipe(mergeMap(() => attempt(operation, forward, canRetry)));
    }
    store.recordRequest(keyOf(operation));
    operation.setContext(withHeader(operation.getContext(), token));
    const results = record(operation, forward(operation), (extensions) => store.adopt(extensions));
    if (token !== null) {
      return results.pipe(
        mergeMap((result) => {
          if (!canRetry || !isExpired(result, expiredCodes)) return of(result);
          store.invalidate(token);
          return attempt(operation, forward, false);
        }),
      );
    }
    const leading = Promise.withResolvers<void>();
    leader = leading.promise;
    return results.pipe(
      // Also after an error or when the caller unsubscribes: the next operation then goes first.
      finalize(() => {
        leader = null;
        leading.resolve();
      }),
    );
  }

  /** Records the extensions of each result and passes them on. */
  function record(
    operation: ApolloLink.Operation,
    results: Observable<ApolloLink.Result>,
    receive: (extensions: ResponseExtensions) => void,
  ) {
    return results.pipe(
      tap((result) => {
        const extensions = parseExtensions(result.extensions);
        if (extensions === null) return;
        store.recordResponse(keyOf(operation), extensions);
        receive(extensions);
      }),
    );
  }

  return new ApolloLink((operation, forward) => {
    const { onFresh } = operation.getContext() as SnapshotContext;
    if (onFresh !== undefined) return record(operation, forward(operation), onFresh);
    return defer(() => {
      const end = store.begin(keyOf(operation));
      return attempt(operation, forward, true).pipe(finalize(end));
    });
  });
}

function keyOf(operation: ApolloLink.Operation): string {
  return operationKey(operation.operationName ?? "", operation.variables);
}

function withHeader(context: Record<string, unknown>, token: string | null) {
  const headers = { ...(context.headers as Record<string, string> | undefined) };
  delete headers[AS_OF_HEADER];
  return { headers: token === null ? headers : { ...headers, [AS_OF_HEADER]: token } };
}

function isExpired(result: ApolloLink.Result, codes: readonly string[]): boolean {
  return (result.errors ?? []).some((error) => codes.includes(String(error.extensions?.code)));
}
