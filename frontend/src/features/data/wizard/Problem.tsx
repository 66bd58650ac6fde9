import type { ReactNode } from "react";
import styles from "./wizard.module.css";

interface ProblemProps {
  readonly title: string;
  readonly children: ReactNode;
}

/** What went wrong in a step, announced to screen readers. */
export function Problem({ title, children }: ProblemProps) {
  return (
    <div className={styles.problem} role="alert">
      <strong>{title}</strong>
      {children}
    </div>
  );
}
