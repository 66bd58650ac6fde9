import { t } from "@lingui/core/macro";
import { Component, type ReactNode, useEffect } from "react";
import { onRecovery } from "../../api/reachability.ts";
import styles from "./Shell.module.css";

interface PageErrorBoundaryProps {
  readonly children: ReactNode;
}

/**
 * Keeps the header and the filters when a page fails to render. After an upgrade, the server no
 * longer has the chunks of the release that the browser has loaded.
 */
export class PageErrorBoundary extends Component<
  PageErrorBoundaryProps,
  { readonly hasFailed: boolean }
> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children;
    return <PageFailure />;
  }
}

function PageFailure() {
  // Without the server, its files are missing too.
  useEffect(() => onRecovery(() => window.location.reload()), []);
  return (
    <div className={styles.failure} role="alert">
      <h1>{t`This page could not be loaded`}</h1>
      <p>{t`The dashboard may have been upgraded since you opened it. Reload it to continue: the URL keeps the range and the filters.`}</p>
      <button type="button" onClick={() => window.location.reload()}>{t`Reload`}</button>
    </div>
  );
}
