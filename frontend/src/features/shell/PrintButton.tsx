import { t } from "@lingui/core/macro";
import { useCallback, useEffect, useState } from "react";
import { PrintIcon } from "../../ui/icons.tsx";
import styles from "./Header.module.css";

function isPrintKey({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean {
  return key.toLowerCase() === "p" && (ctrlKey || metaKey) && !altKey && !shiftKey;
}

/** Prints the page, as the browser's own key for it does here. */
export function PrintButton() {
  const [isWaiting, setWaiting] = useState(false);
  const print = useCallback(async () => {
    setWaiting(true);
    const { printPage } = await import("./printPage.ts");
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
