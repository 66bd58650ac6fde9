import styles from "./Skeleton.module.css";

/** Stands where content will be, so that nothing says "no data" before the answer. Pixels. */
export function Skeleton({ height }: { readonly height: number }) {
  return (
    <div className={styles.skeleton} style={{ height }} role="status">
      <span className="visually-hidden">Loading…</span>
    </div>
  );
}
