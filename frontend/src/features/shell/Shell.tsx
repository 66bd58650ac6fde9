import { useQuery } from "@apollo/client/react";
import { Suspense, useCallback, useMemo, useState } from "react";
import { describeError } from "../../api/errors.ts";
import { useRetries } from "../../api/useRetries.ts";
import { ShellDocument, type ShellQuery } from "../../gql/graphql.ts";
import { type Span, todayIn } from "../../lib/dates.ts";
import { usePathname } from "../../state/location.ts";
import { useShortcuts } from "../../state/shortcuts.ts";
import { useView } from "../../state/useView.ts";
import { Skeleton } from "../../ui/Skeleton.tsx";
import { type Reporting, ReportingContext } from "../shared/reporting.ts";
import { FilterBar } from "./FilterBar.tsx";
import { Header } from "./Header.tsx";
import { isSettled, LIVE_INTERVAL_MS, SETTLED_INTERVAL_MS, useLive } from "./live.ts";
import { PageBoundary } from "./PageBoundary.tsx";
import { findPage, PAGES } from "./pages.ts";
import styles from "./Shell.module.css";
import { SignIn } from "./SignIn.tsx";

const QUARTER_HOUR_MS = 15 * 60_000;

/** Asks once what every page needs, then draws header, filters and the page of the address. */
export function Shell() {
  const { data, error, loading, refetch } = useQuery(ShellDocument, {
    fetchPolicy: "network-only",
  });
  const [attempt, setAttempt] = useState(0);
  const retry = useCallback(() => {
    // A failure shows through `error`.
    refetch()
      .catch(() => undefined)
      .finally(() => setAttempt((before) => before + 1));
  }, [refetch]);
  const problem = error ? describeError(error) : null;
  useRetries({ hasFailed: problem?.canRetry === true, isLoading: loading, retry });
  if (data) return <Dashboard shell={data} />;
  if (problem !== null) {
    if (problem.needsToken) {
      // A new key forgets what was typed, and tells that it was refused.
      return <SignIn key={attempt} onToken={retry} />;
    }
    return (
      <main className={styles.failure} role="alert">
        <h1>{problem.title}</h1>
        <p>{problem.detail}</p>
        {problem.canRetry && (
          <button type="button" onClick={retry}>
            Try again
          </button>
        )}
      </main>
    );
  }
  return (
    <div className={styles.waiting}>
      <Skeleton height={52} />
      <Skeleton height={120} />
      <Skeleton height={360} />
    </div>
  );
}

function Dashboard({ shell }: { readonly shell: ShellQuery }) {
  const [view] = useView();
  const pathname = usePathname();
  const [isPaused, setPaused] = useState(false);
  const reporting = useMemo((): Reporting => {
    const { timezone, currency, weekStart, firstSaleAt, lastSaleAt } = shell.reporting;
    return {
      currency,
      weekStart,
      sales: firstSaleAt && lastSaleAt ? salesSpan(firstSaleAt, lastSaleAt) : null,
      reportingZone: timezone,
      zone: view.zone ?? timezone,
      metrics: new Map(shell.metrics.map((metric) => [metric.id, metric])),
    };
  }, [shell, view.zone]);
  const settled = isSettled(view.range, todayIn(reporting.zone, new Date()));
  const live = useLive(settled ? SETTLED_INTERVAL_MS : LIVE_INTERVAL_MS, isPaused);

  const { page, id } = findPage(pathname);
  // Filters narrow lists: the page of one member has none, and keeps them for when one goes back.
  const isFiltered = page !== undefined && id === null;
  useShortcuts(isFiltered);
  return (
    <ReportingContext value={reporting}>
      <a className={styles.skip} href="#content">
        Skip to the content
      </a>
      <Header pages={PAGES} live={live} onToggleLive={() => setPaused(!isPaused)} />
      <main id="content" className={styles.content} tabIndex={-1}>
        {page === undefined ? (
          <NotFound />
        ) : (
          <>
            {id === null && <PageTitle title={page.title} />}
            <FilterBar hasFilters={isFiltered} />
            <PageBoundary key={pathname}>
              <Suspense fallback={<Skeleton height={480} />}>
                {id !== null && page.Member ? <page.Member key={id} id={id} /> : <page.View />}
              </Suspense>
            </PageBoundary>
          </>
        )}
      </main>
    </ReportingContext>
  );
}

/** From the first sale to just after the quarter-hour of the last. */
function salesSpan(first: string, last: string): Span {
  return { start: first, end: new Date(Date.parse(last) + QUARTER_HOUR_MS).toISOString() };
}

function PageTitle({ title }: { readonly title: string }) {
  return (
    <>
      <title>{`${title} · ShopX Analytics`}</title>
      <h1 className="visually-hidden">{title}</h1>
    </>
  );
}

function NotFound() {
  return (
    <div className={styles.failure}>
      <title>Not found · ShopX Analytics</title>
      <h1>There is no such page</h1>
      <p>
        <a href="/">Go to the overview</a>
      </p>
    </div>
  );
}
