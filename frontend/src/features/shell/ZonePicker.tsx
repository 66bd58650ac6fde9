import { useState } from "react";
import { useView } from "../../state/useView.ts";
import { ChevronIcon, GlobeIcon } from "../../ui/icons.tsx";
import { Popover } from "../../ui/Popover.tsx";
import { useReporting } from "../shared/reporting.ts";
import styles from "./pickers.module.css";

const MAX_SHOWN = 60;

/** Selects the time zone of days and hours. */
export function ZonePicker() {
  const [, change] = useView();
  const { zone, reportingZone } = useReporting();
  return (
    <Popover
      name="Time zone"
      title={`Time zone: ${zone}`}
      align="end"
      label={
        <>
          <GlobeIcon />
          <span className="wide-only">{zone}</span>
          <span className="wide-only">
            <ChevronIcon />
          </span>
        </>
      }
    >
      {(close) => (
        <ZoneList
          selected={zone}
          reportingZone={reportingZone}
          onSelect={(name) => {
            change({ zone: name === reportingZone ? null : name });
            close();
          }}
        />
      )}
    </Popover>
  );
}

interface ZoneListProps {
  readonly selected: string;
  readonly reportingZone: string;
  readonly onSelect: (zone: string) => void;
}

function ZoneList({ selected, reportingZone, onSelect }: ZoneListProps) {
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
              aria-current={name === selected}
              onClick={() => onSelect(name)}
            >
              {name}
              {name === reportingZone && <small>reporting zone</small>}
            </button>
          </li>
        ))}
      </ul>
      {zones.length === 0 && <p className={styles.hint}>No match.</p>}
      {zones.length > MAX_SHOWN && (
        <p className={styles.hint}>{zones.length - MAX_SHOWN} more: search to find them.</p>
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
