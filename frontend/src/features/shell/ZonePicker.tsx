import { t } from "@lingui/core/macro";
import { lazy, Suspense } from "react";
import { useView } from "../../state/useView.ts";
import { ChevronIcon, GlobeIcon } from "../../ui/icons.tsx";
import { Popover } from "../../ui/Popover.tsx";
import { Skeleton } from "../../ui/Skeleton.tsx";
import { useReporting } from "../shared/reporting.ts";

const ZoneList = lazy(() => import("./ZoneList.tsx"));

/** Selects the time zone of days and hours. */
export function ZonePicker() {
  const [, change] = useView();
  const { zone, reportingZone } = useReporting();
  return (
    <Popover
      name={t`Time zone`}
      title={t`Time zone: ${zone}`}
      align="end"
      label={
        <>
          <GlobeIcon />
          <span className="wide-only">{zone}</span>
          <span className="wide-only">
            <ChevronIcon />
          </span>
        </>
      }
    >
      {(close) => (
        <Suspense fallback={<Skeleton height={240} />}>
          <ZoneList
            selected={zone}
            reportingZone={reportingZone}
            onSelect={(name) => {
              change({ zone: name === reportingZone ? null : name });
              close();
            }}
          />
        </Suspense>
      )}
    </Popover>
  );
}
