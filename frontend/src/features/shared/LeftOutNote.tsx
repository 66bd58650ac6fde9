import { createContext, useContext } from "react";
import { type LeftOut, leftOutText, needsRate } from "../../api/leftOut.ts";
import styles from "./Panel.module.css";

const Context = createContext<readonly LeftOut[]>([]);

/** Tells a panel's parts, such as its export, what its figures leave out. */
export const LeftOutProvider = Context.Provider;

/** What the figures of the panel leave out. */
export function useLeftOut(): readonly LeftOut[] {
  return useContext(Context);
}

/** Says what the figures of the panel leave out, and what adds it. */
export function LeftOutNote() {
  const leftOut = useLeftOut();
  if (leftOut.length === 0) return null;
  return (
    <ul role="note" className={styles.leftOut}>
      {leftOut.map((one) => (
        <li key={`${one.of} ${one.currency}`}>
          {leftOutText(one)}
          {needsRate(one) && (
            <>
              {" Add one: "}
              <code>{one.command}</code>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
