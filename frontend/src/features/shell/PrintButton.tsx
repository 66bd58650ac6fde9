import { t } from "@lingui/core/macro";
import { useCallback, useEffect, useState } from "react";
import { viewEverything } from "../../api/useInView.ts";
import { drawForPaper } from "../../state/theme.ts";
import { PrintIcon } from "../../ui/icons.tsx";
import styles from "./Header.module.css";

const STEP_MS = 100;
const LONGEST_WAIT_MS = 60_000;

/** Loads every panel of the page, then prints it: paper has no panels out of view, and is white. */
async function printPage(): Promise<void> {
  viewEverything(true);
  drawForPaper(true);
  await pause();
  for (let waited = 0; isLoading() && waited < LONGEST_WAIT_MS; waited += STEP_MS) await pause();
  // Charts are drawn a moment after their data.
  await pause();
  window.print();
  drawForPaper(false);
  viewEverything(false);
}

function isPrintKey({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean {
  return key.toLowerCase() === "p" && (ctrlKey || metaKey) && !altKey && !shiftKey;
}

/** Prints the page, as the browser's own key for it does here. */
export function PrintButton() {
  const [isWaiting, setWaiting] = useState(false);
  const print = useCallback(async () => {
    setWaiting(true);
    await printPage();
    setWaiting(false);
  }, []);
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if (!isPrintKey(event)) return;
      event.preventDefault();
      void print();
    }
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [print]);
  return (
    <button
      type="button"
      className={styles.print}
      title={t`Print this page`}
      aria-label={isWaiting ? t`Print: loading every panel` : t`Print this page`}
      disabled={isWaiting}
      onClick={() => void print()}
    >
      <PrintIcon />
    </button>
  );
}

function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, STEP_MS));
}

function isLoading(): boolean {
  return document.querySelector('main :is(section[aria-busy="true"], [data-loading])') !== null;
}
