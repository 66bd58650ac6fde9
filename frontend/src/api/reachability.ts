/** Whether the server answers: the outcome of the page's last request, whichever it was. */
import { ApolloLink } from "@apollo/client/link";
import { useSyncExternalStore } from "react";
import { tap } from "rxjs";

let isReachable = true;
const listeners = new Set<() => void>();

function report(answered: boolean): void {
  if (answered === isReachable) return;
  isReachable = answered;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Notes each answer and each failure; an answer that reports errors is an answer. */
export function reachabilityLink(): ApolloLink {
  return new ApolloLink((operation, forward) =>
    forward(operation).pipe(tap({ next: () => report(true), error: () => report(false) })),
  );
}

export function useIsReachable(): boolean {
  return useSyncExternalStore(subscribe, () => isReachable);
}
