import { ApolloLink } from "@apollo/client/link";
import { from, mergeMap, of } from "rxjs";
import { LANGUAGE } from "../lib/locale.ts";

/** Translates the faults of an answer before a panel sees it; the words are loaded with the first. */
export function wordsLink(): ApolloLink {
  return new ApolloLink((operation, forward) =>
    forward(operation).pipe(
      mergeMap((result) =>
        result.errors && LANGUAGE !== "en"
          ? from(import("./faultWords.ts").then(({ withWords }) => withWords(result)))
          : of(result),
      ),
    ),
  );
}
