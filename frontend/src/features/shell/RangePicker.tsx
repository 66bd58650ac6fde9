import { lazy, Suspense } from "react";
import { rangeTitle } from "../../state/titles.ts";
import { useView } from "../../state/useView.ts";
import { CalendarIcon, ChevronIcon } from "../../ui/icons.tsx";
import { Popover } from "../../ui/Popover.tsx";
import { Skeleton } from "../../ui/Skeleton.tsx";
import styles from "./pickers.module.css";

const RangeMenu = lazy(() => import("./RangeMenu.tsx"));

/** Selects the range: a preset or dates. */
export function RangePicker() {
  const [{ range }] = useView();
  return (
    <Popover
      name="Date range"
      title={rangeTitle(range)}
      label={
        <>
          <CalendarIcon />
          <strong className={styles.range}>{rangeTitle(range)}</strong>
          <ChevronIcon />
        </>
      }
    >
      {(close) => (
        <Suspense fallback={<Skeleton height={240} />}>
          <RangeMenu onDone={close} />
        </Suspense>
      )}
    </Popover>
  );
}
