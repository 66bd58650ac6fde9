import { useState } from "react";
import { viewEverything } from "../../api/useInView.ts";
import { PrintIcon } from "../../ui/icons.tsx";
import styles from "./Header.module.css";

const STEP_MS = 100;
const LONGEST_WAIT_MS = 60_000;

/** Loads every panel of the page, then prints it: paper has no panels out of view. */
export function PrintButton() {
  const [isWaiting, setWaiting] = useState(false);
  async function print() {
    setWaiting(true);
    viewEverything(true);
    await pause();
    for (let waited = 0; isLoading() && waited < LONGEST_WAIT_MS; waited += STEP_MS) await pause();
    window.print();
    viewEverything(false);
    setWaiting(false);
  }
  return (
    <button
      type="button"
      className={styles.print}
      title="Print this page"
      aria-label={isWaiting ? "Print: loading every panel" : "Print this page"}
      disabled={isWaiting}
      onClick={print}
    >
      <PrintIcon />
    </button>
  );
}

function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, STEP_MS));
}

function isLoading(): boolean {
  return document.querySelector('section[aria-busy="true"]') !== null;
}
