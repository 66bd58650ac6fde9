import { plural, t } from "@lingui/core/macro";
import { useState } from "react";
import styles from "./pickers.module.css";

const MAX_SHOWN = 60;

interface ZoneListProps {
  readonly selected: string;
  readonly reportingZone: string;
  readonly onSelect: (zone: string) => void;
}

/** Time zones to choose from. */
export default function ZoneList({ selected, reportingZone, onSelect }: ZoneListProps) {
  const [search, setSearch] = useState("");
  const zones = matchingZones(search, reportingZone);
  return (
    <>
      <input
        type="search"
        className={styles.search}
        placeholder={t`Search a city or region`}
        aria-label={t`Search a time zone`}
        value={search}
        onChange={(event) => setSearch(event.target.value)}
      />
      <ul className={styles.list}>
        {zones.slice(0, MAX_SHOWN).map((name) => (
          <li key={name}>
            <button
              type="button"
              className={styles.option}
              aria-current={name === selected}
              onClick={() => onSelect(name)}
            >
              {name}
              {name === reportingZone && <small>{t`reporting zone`}</small>}
            </button>
          </li>
        ))}
      </ul>
      {zones.length === 0 && <p className={styles.hint}>{t`No match.`}</p>}
      {zones.length > MAX_SHOWN && (
        <p className={styles.hint}>
          {plural(zones.length - MAX_SHOWN, {
            one: "# more: search to find it.",
            other: "# more: search to find them.",
          })}
        </p>
      )}
    </>
  );
}

/** Zones with the text in their name; the reporting zone and the browser's come first. */
export function matchingZones(search: string, reportingZone: string): readonly string[] {
  const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const pattern = search.trim().toLowerCase().replaceAll(" ", "_");
  const names = new Set([reportingZone, browserZone, "UTC", ...Intl.supportedValuesOf("timeZone")]);
  return [...names].filter((name) => name.toLowerCase().includes(pattern));
}
