import { t } from "@lingui/core/macro";
import { lazy, type ReactNode, Suspense, useId } from "react";
import type { PanelQuery } from "../../api/usePanelQuery.ts";
import type { Instant } from "../../lib/dates.ts";
import { RetryIcon } from "../../ui/icons.tsx";
import { Skeleton } from "../../ui/Skeleton.tsx";
import styles from "./Panel.module.css";
import { NO_FACTS, PanelFactsProvider } from "./panelFacts.ts";

const AsOf = lazy(() => import("./AsOf.tsx"));
const LeftOutNote = lazy(() => import("./LeftOutNote.tsx"));

interface PanelProps<Data> {
  readonly title: string;
  /** A line below the title; `null` keeps its space free until the result brings it. */
  readonly subtitle?: ReactNode;
  /** Controls to the right of the title. */
  readonly tools?: ReactNode;
  readonly query: PanelQuery<Data>;
  /** The text for an empty result; `null` when there is something to show. */
  readonly empty?: (data: Data) => ReactNode;
  /**
   * Height of the content in every state, so that nothing below moves when the result arrives.
   * Pixels; with a `skeleton`, the height of messages only.
   */
  readonly height: number;
  /** Shown before the first result where a plain block would not be as high as the content. */
  readonly skeleton?: ReactNode;
  /** When the content was computed, for panels that read a materialized view. */
  readonly computedAt?: (data: Data) => Instant | null;
  readonly className?: string | undefined;
  readonly children: (data: Data) => ReactNode;
}

/** Keeps the height of a line that has no text yet. */
export const NBSP = "\u00a0";

/** A query and its result in every state: loading, failed, empty, stale, current. */
export function Panel<Data>(props: PanelProps<Data>) {
  const { title, subtitle, tools, query, computedAt, className } = props;
  const { data, extensions } = query;
  const id = useId();
  const facts = {
    asOf: extensions?.asOf ?? null,
    computedAt: (data !== undefined && computedAt?.(data)) || null,
    leftOut: extensions?.leftOut ?? [],
  };
  return (
    <section
      ref={query.ref}
      className={[styles.panel, className].filter(Boolean).join(" ")}
      aria-labelledby={id}
      aria-busy={query.isLoading}
    >
      <PanelFactsProvider value={data === undefined ? NO_FACTS : facts}>
        <header className={styles.header}>
          <div className={styles.heading}>
            <h2 id={id} className={styles.title}>
              {title}
            </h2>
            {subtitle !== undefined && <p className={styles.subtitle}>{subtitle ?? NBSP}</p>}
          </div>
          {tools && (
            <div data-screen-only className={styles.tools}>
              {tools}
            </div>
          )}
        </header>
        {query.isLoading && query.data !== undefined && <div className={styles.progress} />}
        {data !== undefined && facts.leftOut.length > 0 && (
          <Suspense fallback={null}>
            <LeftOutNote leftOut={facts.leftOut} />
          </Suspense>
        )}
        <PanelBody {...props} />
      </PanelFactsProvider>
    </section>
  );
}

function PanelBody<Data>(props: PanelProps<Data>) {
  const { query, empty, height, skeleton, computedAt, children } = props;
  const { data, problem, extensions } = query;
  if (data === undefined && problem !== null) {
    return (
      <div role="alert" className={styles.message} style={{ minHeight: height }}>
        <strong>{problem.title}</strong>
        <span lang={problem.detailLanguage}>{problem.detail}</span>
        {problem.canRetry && <RetryButton onClick={query.retry} />}
      </div>
    );
  }
  if (data === undefined) {
    return (
      <>
        {skeleton === undefined ? <Skeleton height={height} /> : <Outline>{skeleton}</Outline>}
        <footer className={styles.footer} />
      </>
    );
  }
  const emptyText = empty?.(data) ?? null;
  return (
    <>
      <div
        className={styles.body}
        data-stale={query.isStale}
        style={{ minHeight: skeleton === undefined ? height : undefined }}
      >
        {emptyText === null ? (
          children(data)
        ) : (
          <div className={styles.message} style={{ minHeight: height }}>
            <strong>{t`Nothing to show`}</strong>
            <span>{emptyText}</span>
          </div>
        )}
      </div>
      <footer className={styles.footer}>
        {extensions && (
          <Suspense fallback={null}>
            <AsOf asOf={extensions.asOf} tier={extensions.tier} computedAt={computedAt?.(data)} />
          </Suspense>
        )}
        {problem !== null && (
          <div role="status" className={styles.warning}>
            <span>
              <strong>{t`Not up to date.`}</strong> {problem.title}.{" "}
              <span lang={problem.detailLanguage}>{problem.detail}</span>
            </span>
            {problem.canRetry && <RetryButton onClick={query.retry} />}
          </div>
        )}
      </footer>
    </>
  );
}

/** A skeleton with the outline of the content, hidden from screen readers. */
function Outline({ children }: { readonly children: ReactNode }) {
  return (
    <div role="status">
      <span className="visually-hidden">{t`Loading…`}</span>
      <div aria-hidden="true" inert>
        {children}
      </div>
    </div>
  );
}

function RetryButton({ onClick }: { readonly onClick: () => void }) {
  return (
    <button type="button" className={styles.retry} onClick={onClick}>
      <RetryIcon /> {t`Try again`}
    </button>
  );
}
