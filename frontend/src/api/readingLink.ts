import { ApolloLink } from "@apollo/client/link";
import { defer, finalize, from, mergeMap, type Observable, of, tap } from "rxjs";
import { operationKey, type Reading, type ReadingStore, readingFrom } from "./reading.ts";

export const AS_OF_HEADER = "X-ShopX-As-Of";

/** What an operation's context may say to this link. */
export interface ReadingContext {
  /** Read as of now, whatever the page reads as of, and tell what that now is. */
  readonly onFresh?: (reading: Reading) => void;
}

/**
 * Makes the operations of a page agree: the first one goes alone and without a token, the others
 * wait for its answer and send what it was read as of. A token that the server no longer knows is
 * given up, and the operation sent once more.
 */
export function readingLink(store: ReadingStore, expiredCodes: readonly string[]): ApolloLink {
  let leader: Promise<void> | null = null;

  function attempt(
    operation: ApolloLink.Operation,
    forward: ApolloLink.ForwardFunction,
    retry: boolean,
  ): Observable<ApolloLink.Result> {
    const token = store.token;
    if (token !== null) {
      store.ask(keyOf(operation));
      operation.setContext(withHeader(operation.getContext(), token));
      return note(operation, forward(operation)).pipe(
        mergeMap((result) => {
          if (!retry || !isExpired(result, expiredCodes)) return of(result);
          store.forget(token);
          return attempt(operation, forward, false);
        }),
      );
    }
    if (leader !== null) {
      return from(leader).pipe(mergeMap(() => attempt(operation, forward, retry)));
    }
    const leading = Promise.withResolvers<void>();
    leader = leading.promise;
    store.ask(keyOf(operation));
    operation.setContext(withHeader(operation.getContext(), null));
    return note(operation, forward(operation)).pipe(
      // Also when it failed or nobody waits any longer: then the next one leads.
      finalize(() => {
        leader = null;
        leading.resolve();
      }),
    );
  }

  function note(operation: ApolloLink.Operation, results: Observable<ApolloLink.Result>) {
    return results.pipe(
      tap((result) => {
        const reading = readingFrom(result.extensions);
        if (reading === null) return;
        store.note(keyOf(operation), reading);
        store.adopt(reading);
      }),
    );
  }

  return new ApolloLink((operation, forward) => {
    const { onFresh } = operation.getContext() as ReadingContext;
    if (onFresh !== undefined) {
      return forward(operation).pipe(
        tap((result) => {
          const fresh = readingFrom(result.extensions);
          if (fresh === null) return;
          store.note(keyOf(operation), fresh);
          onFresh(fresh);
        }),
      );
    }
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
