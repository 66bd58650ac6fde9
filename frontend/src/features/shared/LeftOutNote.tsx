import { t } from "@lingui/core/macro";
import { type LeftOut, leftOutText, needsRate } from "../../api/leftOut.ts";
import styles from "./Panel.module.css";
import { usePanelFacts } from "./panelFacts.ts";

/** Says what the figures of the panel leave out, and what adds it. */
export function LeftOutNote() {
  const leftOut: readonly LeftOut[] = usePanelFacts().leftOut;
  if (leftOut.length === 0) return null;
  return (
    <ul role="note" className={styles.leftOut}>
      {leftOut.map((one) => (
        <li key={`${one.of} ${one.currency}`}>
          {leftOutText(one)}
          {needsRate(one) && (
            <>
              {` ${t`Add one:`} `}
              <code>{one.command}</code>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
