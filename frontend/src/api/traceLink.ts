/**
 * Names the trace of what a click causes (W3C Trace Context): operations that overlap share a
 * trace, the first one after a pause begins another. Whether the trace is kept is decided by the
 * server.
 */
import { ApolloLink } from "@apollo/client/link";
import { finalize } from "rxjs";

export const TRACE_HEADER = "traceparent";

export function traceLink(random: (bytes: number) => string = randomHex): ApolloLink {
  let open = 0;
  let trace = "";
  return new ApolloLink((operation, forward) => {
    if (open === 0) trace = random(16);
    open += 1;
    const headers = operation.getContext().headers as Record<string, string> | undefined;
    operation.setContext({
      headers: { ...headers, [TRACE_HEADER]: `00-${trace}-${random(8)}-00` },
    });
    return forward(operation).pipe(
      finalize(() => {
        open -= 1;
      }),
    );
  });
}

function randomHex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
