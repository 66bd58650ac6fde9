import { lazy, Suspense, useState } from "react";
import { usePathname } from "../../state/location.ts";
import { IconLabel } from "../../ui/IconLabel.tsx";
import { SheetIcon } from "../../ui/icons.tsx";
import { Popover } from "../../ui/Popover.tsx";
import { useViewVariables } from "../shared/viewVariables.ts";
import styles from "./reports.module.css";
import { filePage, type PageFormat, savePage } from "./savePage.ts";

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
              <>
                <SaveButton page={page} format="pdf" text="Save this page as PDF" />
                <SaveButton page={page} format="xlsx" text="Save this page as workbook" />
              </>
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

interface SaveButtonProps {
  readonly page: string;
  readonly format: PageFormat;
  readonly text: string;
}

function SaveButton({ page, format, text }: SaveButtonProps) {
  const variables = useViewVariables();
  const [state, setState] = useState<"ready" | "saving" | "failed">("ready");
  async function save() {
    setState("saving");
    try {
      await savePage(page, format, variables);
      setState("ready");
    } catch {
      setState("failed");
    }
  }
  const notes = { ready: "", saving: " (being made)", failed: " (not saved, try again)" };
  return (
    <button type="button" disabled={state === "saving"} onClick={save}>
      {text}
      {notes[state]}
    </button>
  );
}
