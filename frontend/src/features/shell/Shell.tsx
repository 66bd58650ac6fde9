import { useQuery } from "@apollo/client/react";
import {
  type ComponentType,
  type LazyExoticComponent,
  lazy,
  Suspense,
  useMemo,
  useState,
} from "react";
import { describeError } from "../../api/errors.ts";
import { ShellDocument, type ShellQuery } from "../../gql/graphql.ts";
import { todayIn } from "../../lib/dates.ts";
import { usePathname } from "../../state/location.ts";
import { useShortcuts } from "../../state/shortcuts.ts";
import { useView } from "../../state/useView.ts";
import { Skeleton } from "../../ui/Skeleton.tsx";
import { OverviewPage } from "../overview/OverviewPage.tsx";
import { type Reporting, ReportingContext } from "../shared/reporting.ts";
import { FilterBar } from "./FilterBar.tsx";
import { Header } from "./Header.tsx";
import { isSettled, LIVE_INTERVAL_MS, SETTLED_INTERVAL_MS, useLive } from "./live.ts";
import styles from "./Shell.module.css";
import { SignIn } from "./SignIn.tsx";

interface Page {
  readonly path: string;
  readonly title: string;
  readonly View: ComponentType | LazyExoticComponent<ComponentType>;
}

/** The overview is what most visits want at once; the others come when they are asked for. */
const PAGES: readonly [Page, ...Page[]] = [
  { path: "/", title: "Overview", View: OverviewPage },
  {
    path: "/products",
    title: "Products",
    View: lazy(() => import("../products/ProductsPage.tsx")),
  },
  {
    path: "/customers",
    title: "Customers",
    View: lazy(() => import("../customers/CustomersPage.tsx")),
  },
  { path: "/reps", title: "Reps", View: lazy(() => import("../reps/RepsPage.tsx")) },
  {
    path: "/profitability",
    title: "Profitability",
    View: lazy(() => import("../profitability/ProfitabilityPage.tsx")),
  },
];

/** Asks once what every page needs, then draws header, filters and the page of the address. */
export function Shell() {
  const { data, error, refetch } = useQuery(ShellDocument, { fetchPolicy: "network-only" });
  const [attempt, setAttempt] = useState(0);
  function retry() {
    // A failure shows through `error`.
    refetch()
      .catch(() => undefined)
      .finally(() => setAttempt(attempt + 1));
  }
  if (data) return <Dashboard shell={data} />;
  if (error) {
    const problem = describeError(error);
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
    const { timezone, currency, weekStart } = shell.reporting;
    return {
      currency,
      weekStart,
      reportingZone: timezone,
      zone: view.zone ?? timezone,
      metrics: new Map(shell.metrics.map((metric) => [metric.id, metric])),
    };
  }, [shell, view.zone]);
  const settled = isSettled(view.range, todayIn(reporting.zone, new Date()));
  const live = useLive(settled ? SETTLED_INTERVAL_MS : LIVE_INTERVAL_MS, isPaused);
  useShortcuts();

  const page = PAGES.find(({ path }) => path === pathname);
  return (
    <ReportingContext value={reporting}>
      <a className={styles.skip} href="#content">
        Skip to the content
      </a>
      <Header pages={PAGES} live={live} onToggleLive={() => setPaused(!isPaused)} />
      <main id="content" className={styles.content} tabIndex={-1}>
        <title>{`${page?.title ?? "Not found"} · ShopX Analytics`}</title>
        {page === undefined ? (
          <NotFound />
        ) : (
          <>
            <h1 className="visually-hidden">{page.title}</h1>
            <FilterBar />
            <Suspense fallback={<Skeleton height={480} />}>
              <page.View />
            </Suspense>
          </>
        )}
      </main>
    </ReportingContext>
  );
}

function NotFound() {
  return (
    <div className={styles.failure}>
      <h1>There is no such page</h1>
      <p>
        <a href="/">Go to the overview</a>
      </p>
    </div>
  );
}
