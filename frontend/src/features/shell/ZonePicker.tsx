import { useState } from "react";
import { useView } from "../../state/useView.ts";
import { ChevronIcon, GlobeIcon } from "../../ui/icons.tsx";
import { Popover } from "../../ui/Popover.tsx";
import { useReporting } from "../shared/reporting.ts";
import styles from "./pickers.module.css";

const MAX_SHOWN = 60;

/** Chooses the zone whose days and hours count. */
export function ZonePicker() {
  const [, change] = useView();
  const { zone, reportingZone } = useReporting();
  return (
    <Popover
      name="Time zone"
      align="end"
      label={
        <>
          <GlobeIcon />
          {zone}
          <ChevronIcon />
        </>
      }
    >
      {(close) => (
        <ZoneList
          chosen={zone}
          reportingZone={reportingZone}
          onChoose={(name) => {
            change({ zone: name === reportingZone ? null : name });
            close();
          }}
        />
      )}
    </Popover>
  );
}

interface ZoneListProps {
  readonly chosen: string;
  readonly reportingZone: string;
  readonly onChoose: (zone: string) => void;
}

function ZoneList({ chosen, reportingZone, onChoose }: ZoneListProps) {
  const [search, setSearch] = useState("");
  const zones = matchingZones(search, reportingZone);
  return (
    <>
      <input
        type="search"
        className={styles.search}
        placeholder="Search a city or region"
        aria-label="Search a time zone"
        value={search}
        onChange={(event) => setSearch(event.target.value)}
      />
      <ul className={styles.list}>
        {zones.slice(0, MAX_SHOWN).map((name) => (
          <li key={name}>
            <button
              type="button"
              className={styles.option}
              aria-current={name === chosen}
              onClick={() => onChoose(name)}
            >
              {name}
              {name === reportingZone && <small>reporting zone</small>}
            </button>
          </li>
        ))}
      </ul>
      {zones.length === 0 && <p className={styles.hint}>No zone is called that.</p>}
      {zones.length > MAX_SHOWN && (
        <p className={styles.hint}>{zones.length - MAX_SHOWN} more: type to find them.</p>
      )}
    </>
  );
}

/** Zones whose name holds the text; the reporting zone and the reader's own come first. */
export function matchingZones(search: string, reportingZone: string): readonly string[] {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const wanted = search.trim().toLowerCase().replaceAll(" ", "_");
  const names = new Set([reportingZone, own, "UTC", ...Intl.supportedValuesOf("timeZone")]);
  return [...names].filter((name) => name.toLowerCase().includes(wanted));
}
