import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useEffect, useState } from "react";
import { comparisonTitle, rangeTitle } from "../../state/titles.ts";
import { onViewChange, useView } from "../../state/useView.ts";
import type { Unreadable, View } from "../../state/view.ts";
import styles from "./NoSalesBanner.module.css";

/** What a parameter of the address is called, and what the page shows instead. */
const SHOWN: Readonly<Record<Unreadable["name"], (view: View) => readonly [string, string]>> = {
  range: ({ range }) => [t`range`, rangeTitle(range)],
  compare: ({ comparison }) => [t`comparison`, comparisonTitle(comparison)],
  zone: () => [t`time zone`, t`the dashboard’s time zone`],
  by: () => [t`granularity`, t`one that suits the range`],
};

/** Says what the address asked for that does not exist, until the user changes the view. */
export default function IgnoredNotice({ ignored }: { readonly ignored: readonly Unreadable[] }) {
  const [view] = useView();
  const [isShown, setShown] = useState(true);
  useEffect(() => onViewChange(() => setShown(false)), []);
  if (!isShown || ignored.length === 0) return null;
  return (
    <div role="status" className={styles.banner}>
      {ignored.map(({ name, value }) => {
        const [title, instead] = SHOWN[name](view);
        return (
          <span key={name}>
            <Trans>
              The address asks for the {title} “{value.slice(0, 60)}”, which does not exist. Shown
              instead: {instead}.
            </Trans>
          </span>
        );
      })}
      <span className={styles.actions}>
        <button type="button" onClick={() => setShown(false)}>{t`Dismiss`}</button>
      </span>
    </div>
  );
}
