import { t } from "@lingui/core/macro";
import { useState } from "react";
import { areLetterKeysOn, storeLetterKeys } from "../../state/preferences.ts";
import { RANGE_KEYS } from "../../state/shortcuts.ts";
import { PRESET_TITLES } from "../../state/titles.ts";
import { Dialog } from "../../ui/Dialog.tsx";
import { DialogHeader } from "./DialogHeader.tsx";
import type { DialogContentProps } from "./Dialogs.tsx";
import styles from "./KeysDialog.module.css";

const ALWAYS: readonly (readonly [string, string])[] = [
  [t`⌘ K, Ctrl K`, t`Commands: go to, search, filter`],
  [t`Esc`, t`Close a dialog; clear the filters`],
  [t`← → Home End`, t`Walk through the points of a chart, Enter opens one`],
];

const LETTERS: readonly (readonly [string, string])[] = [
  ...Object.entries(RANGE_KEYS).map(
    ([key, preset]) => [key.toUpperCase(), PRESET_TITLES[preset]] as const,
  ),
  ["X", t`Comparison on or off`],
  ["/", t`Commands`],
  ["?", t`This help`],
];

/** The keyboard shortcuts; those of a single character can be switched off. */
export function KeysDialog({ onClose }: DialogContentProps) {
  const [isOn, setOn] = useState(areLetterKeysOn);
  return (
    <Dialog name={t`Keyboard shortcuts`} onClose={onClose}>
      <DialogHeader title={t`Keyboard shortcuts`} onClose={onClose} />
      <div className={styles.body}>
        <Keys entries={ALWAYS} />
        <label className={styles.switch}>
          <input
            type="checkbox"
            checked={isOn}
            onChange={({ target }) => {
              storeLetterKeys(target.checked);
              setOn(target.checked);
            }}
          />
          {t`Single characters are shortcuts`}
        </label>
        {isOn && <Keys entries={LETTERS} />}
      </div>
    </Dialog>
  );
}

function Keys({ entries }: { readonly entries: readonly (readonly [string, string])[] }) {
  return (
    <dl className={styles.list}>
      {entries.map(([key, effect]) => (
        <div key={key}>
          <dt>
            <kbd>{key}</kbd>
          </dt>
          <dd>{effect}</dd>
        </div>
      ))}
    </dl>
  );
}
