import { t } from "@lingui/core/macro";
import { lazy, Suspense } from "react";
import { PlusIcon } from "../../ui/icons.tsx";
import { Popover } from "../../ui/Popover.tsx";
import { Skeleton } from "../../ui/Skeleton.tsx";

const FilterMenu = lazy(() => import("./FilterMenu.tsx"));

/** Selects filters: a dimension, then any of its values. */
export function AddFilter() {
  return (
    <Popover
      name={t`Filters`}
      label={
        <>
          <PlusIcon /> <span className="wide-only">{t`Filter`}</span>
        </>
      }
    >
      {() => (
        <Suspense fallback={<Skeleton height={240} />}>
          <FilterMenu />
        </Suspense>
      )}
    </Popover>
  );
}
