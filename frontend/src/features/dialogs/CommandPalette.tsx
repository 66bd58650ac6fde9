import { plural, t } from "@lingui/core/macro";
import { type KeyboardEvent, useId, useState } from "react";
import { Dialog } from "../../ui/Dialog.tsx";
import styles from "./CommandPalette.module.css";
import { type Command, nextOption } from "./commands.ts";
import type { DialogContentProps } from "./Dialogs.tsx";
import { useCommands } from "./useCommands.ts";

/**
 * Goes anywhere and changes the view by typing: a combobox with its list, as the ARIA Authoring
 * Practices describe it.
 */
export function CommandPalette({ onClose, onOpen }: DialogContentProps) {
  const [search, setSearch] = useState("");
  const { commands, isSearching, hasFailed } = useCommands(search, onOpen);
  // The option is kept with its text: another text begins at the first option again.
  const [active, setActive] = useState({ search: "", index: 0 });
  const index = active.search === search ? Math.min(active.index, commands.length - 1) : 0;
  const id = useId();
  const optionId = (at: number) => `${id}-option-${at}`;

  function run(command: Command) {
    // First, so that the focus is back before the command moves it.
    onClose();
    command.run();
  }

  function onKeyDown(event: KeyboardEvent) {
    const command = commands[index];
    if (event.key === "Enter" && command !== undefined && !event.nativeEvent.isComposing) {
      event.preventDefault();
      run(command);
      return;
    }
    const next = nextOption(event.key, index, commands.length);
    if (next === null) return;
    event.preventDefault();
    setActive({ search, index: next });
    document.getElementById(optionId(next))?.scrollIntoView({ block: "nearest" });
  }

  return (
    <Dialog name={t`Commands`} onClose={onClose}>
      <input
        autoFocus
        type="text"
        role="combobox"
        aria-label={t`Search pages, customers, products, reps, orders and commands`}
        aria-expanded={commands.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={commands.length > 0 ? optionId(index) : undefined}
        aria-autocomplete="list"
        autoComplete="off"
        spellCheck={false}
        maxLength={200}
        className={styles.input}
        placeholder={t`Go to, search, filter… or dates such as 2011-03`}
        value={search}
        onChange={({ target }) => setSearch(target.value)}
        onKeyDown={onKeyDown}
      />
      <div id={`${id}-list`} role="listbox" aria-label={t`Results`} className={styles.list}>
        {groups(commands).map(([group, first, members]) => (
          // biome-ignore lint/a11y/useSemanticElements: a group of options, not of fields
          <div key={group} role="group" aria-labelledby={`${id}-group-${first}`}>
            <div id={`${id}-group-${first}`} className={styles.group}>
              {group}
            </div>
            {members.map((command, offset) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: keys go to the combobox
              <div
                key={command.id}
                id={optionId(first + offset)}
                role="option"
                tabIndex={-1}
                aria-selected={first + offset === index}
                className={styles.option}
                onClick={() => run(command)}
              >
                <span className={styles.title}>{command.title}</span>
                {command.detail && <small className={styles.detail}>{command.detail}</small>}
                {command.keys && <kbd className={styles.key}>{command.keys}</kbd>}
              </div>
            ))}
          </div>
        ))}
      </div>
      <p role="status" className={styles.status}>
        {statusText(commands.length, isSearching, hasFailed)}
      </p>
    </Dialog>
  );
}

function statusText(count: number, isSearching: boolean, hasFailed: boolean): string {
  if (isSearching) return t`Searching…`;
  if (hasFailed) return t`Customers, products and orders could not be searched.`;
  return count === 0 ? t`Nothing matches.` : plural(count, { one: "# result", other: "# results" });
}

/** Each group once, in the order of its first member, with the number of that one. */
function groups(
  commands: readonly Command[],
): readonly (readonly [string, number, readonly Command[]])[] {
  const found: [string, number, Command[]][] = [];
  for (const [index, command] of commands.entries()) {
    const last = found.at(-1);
    if (last?.[0] === command.group) last[2].push(command);
    else found.push([command.group, index, [command]]);
  }
  return found;
}
