import { RANGE_KEYS } from "../../state/shortcuts.ts";
import { PRESET_TITLES } from "../../state/titles.ts";
import { IconLabel } from "../../ui/IconLabel.tsx";
import { KeyboardIcon } from "../../ui/icons.tsx";
import { Popover } from "../../ui/Popover.tsx";
import styles from "./KeyboardShortcuts.module.css";

const SHORTCUTS: readonly (readonly [string, string])[] = [
  ...Object.entries(RANGE_KEYS).map(
    ([key, preset]) => [key.toUpperCase(), PRESET_TITLES[preset]] as const,
  ),
  ["X", "Comparison on or off"],
  ["Esc", "Clear the filters"],
];

export function KeyboardShortcuts() {
  return (
    <Popover
      name="Keyboard shortcuts"
      align="end"
      variant="ghost"
      title="Keyboard shortcuts"
      label={<IconLabel icon={<KeyboardIcon />} text="Keyboard shortcuts" />}
    >
      {() => (
        <dl className={styles.list}>
          {SHORTCUTS.map(([key, effect]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{effect}</dd>
            </div>
          ))}
        </dl>
      )}
    </Popover>
  );
}
