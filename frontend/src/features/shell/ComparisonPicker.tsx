import { lazy, Suspense } from "react";
import { comparisonTitle } from "../../state/titles.ts";
import { useView } from "../../state/useView.ts";
import { ChevronIcon, CompareIcon } from "../../ui/icons.tsx";
import { Popover } from "../../ui/Popover.tsx";
import { Skeleton } from "../../ui/Skeleton.tsx";

const ComparisonMenu = lazy(() => import("./ComparisonMenu.tsx"));

/** Selects the compared period. */
export function ComparisonPicker() {
  const [{ comparison }] = useView();
  return (
    <Popover
      name="Comparison"
      title={comparisonTitle(comparison)}
      label={
        <>
          <CompareIcon />
          <span className="wide-only">{comparisonTitle(comparison)}</span>
          <span className="wide-only">
            <ChevronIcon />
          </span>
        </>
      }
    >
      {(close) => (
        <Suspense fallback={<Skeleton height={240} />}>
          <ComparisonMenu onDone={close} />
        </Suspense>
      )}
    </Popover>
  );
}
