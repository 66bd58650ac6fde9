import { useQuery } from "@apollo/client/react";
import { t } from "@lingui/core/macro";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { serverText } from "#i18n";
import { describeError } from "../../api/errors.ts";
import { useAutoRetry } from "../../api/useAutoRetry.ts";
import { ShellDocument, type ShellQuery } from "../../gql/graphql.ts";
import { onHost } from "../../lib/basePath.ts";
import { type Span, todayIn } from "../../lib/dates.ts";
import { usePathname } from "../../state/location.ts";
import { useShortcuts } from "../../state/shortcuts.ts";
import { useView } from "../../state/useView.ts";
import type { Unreadable } from "../../state/view.ts";
import { Skeleton } from "../../ui/Skeleton.tsx";
import { type DialogName, OpenDialogContext } from "../shared/dialogs.ts";
import { type Reporting, ReportingContext, useReporting } from "../shared/reporting.ts";
import { FilterBar } from "./FilterBar.tsx";
import { Header } from "./Header.tsx";
import { LanguagePicker } from "./LanguagePicker.tsx";
import { useIsOutsideSales } from "./outsideSales.ts";
import { PageErrorBoundary } from "./PageErrorBoundary.tsx";
import { findPage, PAGES, type Page } from "./pages.ts";
import styles from "./Shell.module.css";
import { ThemePicker } from "./ThemePicker.tsx";
import { isPastRange, useLiveUpdates } from "./useLiveUpdates.ts";
import { useReachabilityProbe } from "./useReachabilityProbe.ts";

const FirstRun = lazy(() => import("../data/FirstRun.tsx"));
const SignIn = lazy(() => import("./SignIn.tsx"));
const IgnoredNotice = lazy(() => import("./IgnoredNotice.tsx"));
const NoSalesBanner = lazy(() => import("./NoSalesBanner.tsx"));
const Dialogs = lazy(() => import("../dialogs/Dialogs.tsx"));

const QUARTER_HOUR_MS = 15 * 60_000;

interface ShellProps {
  /** What the address asked for in vain. */
  readonly ignored?: readonly Unreadable[];
}

/** Loads what all pages need, then renders the header, the filter bar and the current page. */
export function Shell({ ignored = [] }: ShellProps) {
  const { data, error, loading, refetch } = useQuery(ShellDocument, {
    fetchPolicy: "network-only",
  });
  const [attempt, setAttempt] = useState(0);
  const retry = useCallback(() => {
    // `error` reports a failure.
    refetch()
      .catch(() => undefined)
      .finally(() => setAttempt((before) => before + 1));
  }, [refetch]);
  const problem = error ? describeError(error) : null;
  useAutoRetry({ hasFailed: problem?.canRetry === true, isLoading: loading, retry });
  useReachabilityProbe();
  if (data) return <Dashboard shell={data} ignored={ignored} />;
  if (problem !== null) {
    if (problem.needsToken) {
      // A new key clears the form, which then says that the token was refused.
      return (
        <Suspense fallback={null}>
          <SignIn key={attempt} onToken={retry} />
        </Suspense>
      );
    }
    return (
      <main className={styles.failure} role="alert">
        <h1>{problem.title}</h1>
        <p lang={problem.detailLanguage}>{problem.detail}</p>
        {problem.canRetry && <button type="button" onClick={retry}>{t`Try again`}</button>}
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

interface DashboardProps {
  readonly shell: ShellQuery;
  readonly ignored: readonly Unreadable[];
}

function Dashboard({ shell, ignored }: DashboardProps) {
  const [view] = useView();
  const pathname = usePathname();
  const [isPaused, setPaused] = useState(false);
  const { metrics } = shell;
  const { timezone, currency, weekStart, firstSaleAt, lastSaleAt, lastImportAt } = shell.reporting;
  const reporting = useMemo((): Reporting => {
    return {
      currency,
      weekStart,
      sales: firstSaleAt && lastSaleAt ? salesSpan(firstSaleAt, lastSaleAt) : null,
      lastImportAt,
      reportingZone: timezone,
      zone: view.zone ?? timezone,
      metrics: new Map(metrics.map((metric) => [metric.id, translated(metric)])),
    };
  }, [timezone, currency, weekStart, firstSaleAt, lastSaleAt, lastImportAt, metrics, view.zone]);
  const isPast = isPastRange(view.range, todayIn(reporting.zone, new Date()));
  const live = useLiveUpdates(isPast, isPaused, lastImportAt);

  const { page, id } = findPage(pathname);
  // Detail pages ignore the filters, but keep them in the URL for the way back.
  const canFilter = page !== undefined && id === null;
  const [dialog, setDialog] = useState<DialogName | null>(null);
  useShortcuts(canFilter, setDialog);
  useFocusOfPage(pathname);
  return (
    <ReportingContext value={reporting}>
      <OpenDialogContext value={setDialog}>
        <a data-screen-only className={styles.skip} href="#content">{t`Skip to the content`}</a>
        <Header pages={PAGES} live={live} onToggleLive={() => setPaused(!isPaused)} />
        <main id="content" className={styles.content} tabIndex={-1}>
          {page === undefined ? (
            <NotFound />
          ) : (
            <>
              {id === null && <PageTitle title={page.title} />}
              {!page.isApart && reporting.sales !== null && <FilterBar canFilter={canFilter} />}
              {ignored.length > 0 && (
                <Suspense fallback={null}>
                  <IgnoredNotice ignored={ignored} />
                </Suspense>
              )}
              <PageErrorBoundary key={pathname}>
                <Suspense fallback={<Skeleton height={480} />}>
                  <PageContent page={page} id={id} />
                </Suspense>
              </PageErrorBoundary>
            </>
          )}
        </main>
        <footer data-screen-only className={styles.tools}>
          <LanguagePicker />
          <span className={styles.phoneOnly}>
            <ThemePicker />
          </span>
        </footer>
        {dialog !== null && (
          <Suspense fallback={null}>
            <Dialogs name={dialog} onClose={() => setDialog(null)} onOpen={setDialog} />
          </Suspense>
        )}
      </OpenDialogContext>
    </ReportingContext>
  );
}

/** Moves the focus to a page that was opened: the link that led there may be gone. */
function useFocusOfPage(pathname: string): void {
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    document.getElementById("content")?.focus({ preventScroll: true });
  }, [pathname]);
}

/** The page; where the range has no sales, only those of its panels that look at all of them. */
function PageContent({ page, id }: { readonly page: Page; readonly id: string | null }) {
  const isOutsideSales = useIsOutsideSales() && !page.isApart;
  const { sales } = useReporting();
  if (sales === null && !page.isApart) return <FirstRun />;
  const isDetail = id !== null && page.Detail !== undefined;
  return (
    <>
      {isOutsideSales && <NoSalesBanner />}
      {id !== null && page.Detail && <page.Detail key={id} id={id} />}
      {!isDetail && !(isOutsideSales && page.isOfRange) && <page.List />}
    </>
  );
}

/** A metric by its id in the page's language; as the server words it where there is none. */
function translated(metric: ShellQuery["metrics"][number]): ShellQuery["metrics"][number] {
  return {
    ...metric,
    title: serverText(`metric.${metric.id}.title`, metric.title),
    definition: serverText(`metric.${metric.id}.definition`, metric.definition),
  };
}

/** From the first sale to the end of the quarter-hour of the last. */
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
      <title>{`${t`Not found`} · ShopX Analytics`}</title>
      <h1>{t`There is no such page`}</h1>
      <p>
        <a href={onHost("/")}>{t`Go to the overview`}</a>
      </p>
    </div>
  );
}
