import { viewEverything } from "../../api/useInView.ts";
import { drawForPaper } from "../../state/theme.ts";

const STEP_MS = 100;
const LONGEST_WAIT_MS = 60_000;

/** Loads every panel of the page, then prints it: paper has no panels out of view, and is white. */
export async function printPage(): Promise<void> {
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

function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, STEP_MS));
}

function isLoading(): boolean {
  return document.querySelector('main :is(section[aria-busy="true"], [data-loading])') !== null;
}
