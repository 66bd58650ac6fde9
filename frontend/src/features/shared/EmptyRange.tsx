import { formatSpan } from "../../lib/dates.ts";
import { useView } from "../../state/useView.ts";
import styles from "./Panel.module.css";
import { useReporting } from "./reporting.ts";

interface EmptyRangeProps {
  readonly children?: string;
}

/** Says that the range is empty, when there are sales, and offers to show them. */
export function EmptyRange({ children = "There are no sales in this range." }: EmptyRangeProps) {
  const [{ range }, change] = useView();
  const { sales, zone } = useReporting();
  if (sales === null || range === "all") return children;
  return (
    <>
      {children} Sales run from {formatSpan(sales, zone)}.
      <button type="button" className={styles.retry} onClick={() => change({ range: "all" })}>
        Show all
      </button>
    </>
  );
}
