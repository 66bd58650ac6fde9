import { t } from "@lingui/core/macro";
import { type LeftOut, needsRate } from "../../api/leftOut.ts";
import { leftOutText } from "../../api/leftOutText.ts";
import styles from "./Panel.module.css";

/** Says what the figures of the panel leave out, and what adds it. */
export default function LeftOutNote({ leftOut }: { readonly leftOut: readonly LeftOut[] }) {
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
