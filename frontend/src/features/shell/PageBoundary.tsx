import { Component, type ReactNode } from "react";
import styles from "./Shell.module.css";

interface PageBoundaryProps {
  readonly children: ReactNode;
}

/**
 * Keeps header and filters when a page cannot be drawn. What is loaded when it is asked for may be
 * gone from the server: a release brings its own files, and the one before takes its own along.
 */
export class PageBoundary extends Component<PageBoundaryProps, { readonly hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <div className={styles.failure} role="alert">
        <h1>This page could not be loaded</h1>
        <p>
          The dashboard may have been upgraded since you opened it. Reload it to go on: the address
          keeps the range and the filters.
        </p>
        <button type="button" onClick={() => window.location.reload()}>
          Reload
        </button>
      </div>
    );
  }
}
