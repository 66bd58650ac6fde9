/**
 * The API token, for dashboards that require one (`auth.mode: token`). It is kept until the tab
 * closes, so that no token stays behind on a shared machine.
 */
import { ApolloLink } from "@apollo/client/link";

const KEY = "shopx.token";

export function sessionToken(): string | null {
  try {
    return window.sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function signIn(token: string): void {
  window.sessionStorage.setItem(KEY, token);
}

export function signOut(): void {
  window.sessionStorage.removeItem(KEY);
}

/** Sends the token with each operation, if there is one. */
export function authLink(): ApolloLink {
  return new ApolloLink((operation, forward) => {
    const token = sessionToken();
    if (token !== null) {
      const headers = operation.getContext().headers as Record<string, string> | undefined;
      operation.setContext({ headers: { ...headers, Authorization: `Bearer ${token}` } });
    }
    return forward(operation);
  });
}
