import { t } from "@lingui/core/macro";
import { Fragment, type ReactNode } from "react";
import type { PanelQuery } from "../../api/usePanelQuery.ts";
import layout from "../shared/layout.module.css";
import { NBSP } from "../shared/Panel.tsx";
import { ViewLink } from "../shared/ViewLink.tsx";
import styles from "./EntityPage.module.css";

const MISSING = {
  customer: t`There is no such customer`,
  order: t`There is no such order`,
  product: t`There is no such product`,
  rep: t`There is no such rep`,
} as const;

interface EntityPageProps {
  readonly kind: keyof typeof MISSING;
  readonly parent: { readonly path: string; readonly title: string };
  readonly query: PanelQuery<unknown>;
  /** `undefined` before the first result. */
  readonly name: string | undefined;
  /** What else identifies it, in one line. */
  readonly facts: readonly ReactNode[];
  readonly children: ReactNode;
}

/** The detail page of a product, customer or rep: a heading and its panels. */
export function EntityPage({ kind, parent, query, name, facts, children }: EntityPageProps) {
  if (name === undefined && query.problem !== null) {
    return <Missing kind={kind} parent={parent} query={query} />;
  }
  const known = facts.filter((fact) => fact !== null && fact !== undefined && fact !== "");
  return (
    <div className={layout.page}>
      <title>{`${name ?? "…"} · ShopX Analytics`}</title>
      <header ref={query.ref} className={styles.header}>
        <ViewLink path={parent.path} className={styles.back}>
          {t`← ${parent.title}`}
        </ViewLink>
        <h1 className={styles.name}>{name ?? NBSP}</h1>
        <p className={styles.facts}>
          {known.length === 0 && NBSP}
          {known.map((fact, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: facts have no identity and never move
            <Fragment key={index}>
              {index > 0 && " · "}
              {fact}
            </Fragment>
          ))}
        </p>
      </header>
      {children}
    </div>
  );
}

function Missing({ kind, parent, query }: Pick<EntityPageProps, "kind" | "parent" | "query">) {
  const { problem, retry } = query;
  // The id is the only input: an error that no retry can solve means that it does not exist.
  const isMissing = problem !== null && !problem.canRetry && !problem.needsToken;
  return (
    <div ref={query.ref} className={styles.missing} role="alert">
      <title>{`${MISSING[kind]} · ShopX Analytics`}</title>
      <h1>{isMissing ? MISSING[kind] : problem?.title}</h1>
      <p>{isMissing ? t`The link may be from another dashboard, or cut off.` : problem?.detail}</p>
      {problem?.canRetry && <button type="button" onClick={retry}>{t`Try again`}</button>}
      <ViewLink path={parent.path}>{parent.title}</ViewLink>
    </div>
  );
}
