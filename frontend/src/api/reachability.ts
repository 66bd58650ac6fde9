/** Whether the server answers: the outcome of the page's last request, whichever it was. */
import { ServerError } from "@apollo/client/errors";
import { ApolloLink } from "@apollo/client/link";
import { useSyncExternalStore } from "react";
import { tap } from "rxjs";

/** A request without an answer for so long has failed: a connection may be lost without a word. */
const TIMEOUT_MS = 60_000;

/** A shorter outage is that of one request, which its panel repeats by itself. */
const OUTAGE_MS = 2_000;

let isReachable = true;
let changedAt = 0;
let wasOutage = false;
const listeners = new Set<() => void>();

function report(answered: boolean): void {
  if (answered === isReachable) return;
  wasOutage = Date.now() - changedAt >= OUTAGE_MS;
  changedAt = Date.now();
  isReachable = answered;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Notes each answer and each failure; a refusal, or an answer that reports errors, is an answer. */
export function reachabilityLink(): ApolloLink {
  return new ApolloLink((operation, forward) =>
    forward(operation).pipe(
      tap({
        next: () => report(true),
        error: (error) => report(ServerError.is(error) && error.statusCode < 500),
      }),
    ),
  );
}

export function useIsReachable(): boolean {
  return useSyncExternalStore(subscribe, () => isReachable);
}

/** Calls back when the server answers again after an outage, until the returned function is called. */
export function onRecovery(listener: () => void): () => void {
  return subscribe(() => {
    if (isReachable && wasOutage) listener();
  });
}

/** `fetch` that gives up on a server that neither answers nor refuses. */
export function fetchWithTimeout(input: RequestInfo | URL, init: RequestInit = {}) {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  return fetch(input, { ...init, signal });
}
