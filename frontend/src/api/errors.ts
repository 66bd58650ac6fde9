import { CombinedGraphQLErrors, ServerError, ServerParseError } from "@apollo/client/errors";
import { t } from "@lingui/core/macro";
import { serverText } from "#i18n";

/** An error in words that a user can act on. */
export interface Problem {
  readonly title: string;
  readonly detail: string;
  /** The language of the detail where it is not the page's: the server words it. */
  readonly detailLanguage?: "en";
  /** Whether the same request may succeed later. */
  readonly canRetry: boolean;
  /** Whether the request lacked a valid token. */
  readonly needsToken?: boolean;
}

const NEEDS_TOKEN: Problem = {
  title: t`You need to sign in`,
  detail: t`The server did not accept the request. Reload the page to sign in again.`,
  canRetry: false,
  needsToken: true,
};

/** Codes of errors in the request itself: the same request fails again. */
const REQUEST_CODES = /^(?:FORBIDDEN|NOT_FOUND|INVALID|BAD|UNKNOWN|GRANULARITY|TOO_|GRAPHQL)/;

export function describeError(error: unknown): Problem {
  if (CombinedGraphQLErrors.is(error)) {
    const [first] = error.errors;
    const { code, hint, requestId, words } = (first?.extensions ?? {}) as Record<string, unknown>;
    if (code === "UNAUTHENTICATED") return NEEDS_TOKEN;
    const isRequestError = typeof code === "string" && REQUEST_CODES.test(code);
    const known = typeof code === "string" ? serverText(`error.${code}`, "") : "";
    const translation = typeof words === "string" ? words : known;
    return {
      title: isRequestError ? t`This cannot be shown` : t`The server could not answer`,
      detail: [
        translation || first?.message,
        translation === "" && typeof hint === "string" ? hint : "",
        // It finds the request in the server's log and traces.
        typeof requestId === "string" ? t`(Request ${requestId})` : "",
      ]
        .filter(Boolean)
        .join(" "),
      canRetry: !isRequestError,
      ...(translation === "" && { detailLanguage: "en" }),
    };
  }
  if (ServerError.is(error) || ServerParseError.is(error)) {
    if (error.statusCode === 401) return NEEDS_TOKEN;
    return {
      title: t`The server could not answer`,
      detail: t`It answered with status ${error.statusCode}. Try again in a moment.`,
      canRetry: true,
    };
  }
  return {
    title: t`The server cannot be reached`,
    detail: t`Check the connection. The page retries by itself.`,
    canRetry: true,
  };
}
