import { ApolloLink } from "@apollo/client/link";
import { Observable, type Subscription } from "rxjs";

/**
 * Lets at most `limit` operations run at once; the others wait in order of arrival. A page full of
 * panels must not use up the browser's connections or overload the server.
 */
export function concurrencyLink(limit: number): ApolloLink {
  const waiting: (() => void)[] = [];
  let running = 0;

  function release(): void {
    running -= 1;
    waiting.shift()?.();
  }

  return new ApolloLink(
    (operation, forward) =>
      new Observable((observer) => {
        let subscription: Subscription | null = null;
        let state: "waiting" | "running" | "done" = "waiting";

        function start(): void {
          state = "running";
          running += 1;
          subscription = forward(operation).subscribe({
            next: (result) => observer.next(result),
            error: (error: unknown) => {
              finish();
              observer.error(error);
            },
            complete: () => {
              finish();
              observer.complete();
            },
          });
        }

        function finish(): void {
          if (state === "running") release();
          state = "done";
        }

        if (running < limit) start();
        else waiting.push(start);

        return () => {
          if (state === "waiting") waiting.splice(waiting.indexOf(start), 1);
          subscription?.unsubscribe();
          finish();
        };
      }),
  );
}
