/** Says the faults of answers in the page's language. */
import type { GraphQLFormattedError } from "graphql";
import { isSaid, type Said, sayText } from "../i18n/said.ts";

interface Sentences {
  readonly message?: Said;
  readonly hint?: Said;
}

/** What a fault says in the page's language; `null` where it is known in English alone. */
export function faultText(said: unknown): string | null {
  if (typeof said !== "object" || said === null) return null;
  const { message, hint } = said as Sentences;
  if (message === undefined || !isSaid(message)) return null;
  return [message, hint]
    .map((one) => (one ? sayText(one) : ""))
    .join(" ")
    .trim();
}

/** Adds the words to each fault's extensions, where panels find them. */
export function withWords<Result extends { readonly errors?: readonly GraphQLFormattedError[] }>(
  result: Result,
): Result {
  if (result.errors === undefined) return result;
  const errors = result.errors.map((error) => ({
    ...error,
    extensions: { ...error.extensions, words: faultText(error.extensions?.said) },
  }));
  return { ...result, errors };
}
