/**
 * The API token of this tab, for dashboards that ask for one (`auth.mode: token`). It lives as
 * long as the tab: a token on a shared machine should not outlast its reader.
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

/** Sends the token with each operation, where there is one. */
export function sessionLink(): ApolloLink {
  return new ApolloLink((operation, forward) => {
    const token = sessionToken();
    if (token !== null) {
      const headers = operation.getContext().headers as Record<string, string> | undefined;
      operation.setContext({ headers: { ...headers, Authorization: `Bearer ${token}` } });
    }
    return forward(operation);
  });
}
