import { lazy, Suspense, useState } from "react";
import { usePathname } from "../../state/location.ts";
import { IconLabel } from "../../ui/IconLabel.tsx";
import { SheetIcon } from "../../ui/icons.tsx";
import { Popover } from "../../ui/Popover.tsx";
import { Skeleton } from "../../ui/Skeleton.tsx";
import { filePage } from "./filePage.ts";
import styles from "./reports.module.css";

const SavePage = lazy(() => import("./SavePage.tsx"));
const ReportsDialog = lazy(() => import("./ReportsDialog.tsx"));

/** The page as a file, and the reports that are sent on a schedule. */
export function ReportsMenu() {
  const [isOpen, setOpen] = useState(false);
  const page = filePage(usePathname());
  return (
    <>
      <Popover
        name="Reports"
        align="end"
        variant="ghost"
        title="Save this page, or send it on a schedule"
        label={<IconLabel icon={<SheetIcon />} text="Reports" />}
      >
        {(close) => (
          <div className={styles.menu}>
            {page !== null && (
              <Suspense fallback={<Skeleton height={64} />}>
                <SavePage page={page} />
              </Suspense>
            )}
            <button
              type="button"
              onClick={() => {
                close();
                setOpen(true);
              }}
            >
              Scheduled reports and alerts…
            </button>
          </div>
        )}
      </Popover>
      {isOpen && (
        <Suspense fallback={null}>
          <ReportsDialog page={page ?? "overview"} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
