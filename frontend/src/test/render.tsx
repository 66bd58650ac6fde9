import { ApolloLink } from "@apollo/client/link";
import { ApolloProvider } from "@apollo/client/react";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { delay, from, mergeMap, NEVER, type Observable, of, throwError } from "rxjs";
import { createClient } from "../api/client.ts";
import { type Reporting, ReportingContext } from "../features/shared/reporting.ts";
import type { MetricId } from "../gql/graphql.ts";

/** How the fake server answers an operation: with data, with an error, or never. */
export type Responder = (
  variables: Record<string, unknown>,
  call: number,
) => Answer | Promise<Answer>;

type Answer = Record<string, unknown> | Error | "never";

export interface FakeServer {
  readonly link: ApolloLink;
  /** Names of the requested operations, in order. */
  readonly requested: string[];
}

/** Replaces the HTTP link alone; the rest of the client is the real one. `more` adds extensions. */
export function fakeServer(
  responders: Record<string, Responder>,
  more: Record<string, unknown> = {},
): FakeServer {
  const requested: string[] = [];
  const link = new ApolloLink((operation) => {
    const name = operation.operationName ?? "";
    const call = requested.filter((other) => other === name).length;
    requested.push(name);
    const extensions = {
      asOf: "2026-01-02T03:04:05Z",
      snapshot: `s${requested.length}`,
      tier: "ROLLUP",
      ...more,
    };
    const answer =
      responders[name]?.(operation.variables, call) ?? new Error(`${name} is not known`);
    return (answer instanceof Promise ? from(answer) : of(answer).pipe(delay(0))).pipe(
      mergeMap((data): Observable<ApolloLink.Result> => {
        if (data === "never") return NEVER;
        if (data instanceof Error) return throwError(() => data);
        return of({ data, extensions } as ApolloLink.Result);
      }),
    );
  });
  return { link, requested };
}

const METRICS: readonly [MetricId, string, "MONEY" | "COUNT" | "RATIO"][] = [
  ["REVENUE", "Revenue", "MONEY"],
  ["PROFIT", "Gross profit", "MONEY"],
  ["ORDERS", "Orders", "COUNT"],
  ["MARGIN", "Gross margin", "RATIO"],
];

const REPORTING: Reporting = {
  currency: "USD",
  zone: "UTC",
  reportingZone: "UTC",
  weekStart: 1,
  lastImportAt: null,
  sales: { start: "1996-07-04T00:00:00Z", end: "1998-05-06T00:15:00Z" },
  metrics: new Map(
    METRICS.map(([id, title, unit]) => [
      id,
      { id, title, unit, definition: `${title}, defined.`, better: "HIGHER" },
    ]),
  ),
};

/** Renders a part of a page inside the providers of the shell. */
export function renderInPage(ui: ReactNode, server: FakeServer = fakeServer({})) {
  const client = createClient(server.link);
  return render(
    <ApolloProvider client={client}>
      <ReportingContext value={REPORTING}>{ui}</ReportingContext>
    </ApolloProvider>,
  );
}

/** A figure as the API sends it. */
export function figure(
  metric: MetricId,
  value: string | null,
  changes: Record<string, unknown> = {},
) {
  return {
    __typename: "Figure",
    metric,
    value,
    previous: null,
    share: null,
    delta: null,
    ...changes,
  };
}

/** A change as the API sends it. */
export function delta(changes: Record<string, unknown>) {
  return {
    __typename: "Delta",
    absolute: "1",
    ratio: "0.25",
    direction: "UP",
    status: "CHANGED",
    verdict: "GOOD",
    ...changes,
  };
}
