import { t } from "@lingui/core/macro";
import { type KeyboardEvent, type MouseEvent, useRef, useState } from "react";
import { formatFullHour, formatHour, formatWeekday } from "../../lib/dates.ts";
import { type Decimal, toNumber } from "../../lib/decimal.ts";
import { readingKey } from "../../lib/locale.ts";
import styles from "./Heatmap.module.css";

interface HeatmapProps {
  readonly label: string;
  /** ISO weekday of the first row. */
  readonly weekStart: number;
  /** `weekdays`, `hours` and `values` have one entry for each cell. */
  readonly weekdays: readonly number[];
  readonly hours: readonly number[];
  readonly values: readonly (Decimal | null)[];
  readonly exact: (value: Decimal) => string;
  /** Opens what is behind a cell. */
  readonly onOpen: (weekday: number, hour: number) => void;
}

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** Weekdays by hours, darker for higher values; arrow keys move between the cells, Enter opens. */
export function Heatmap(props: HeatmapProps) {
  const { label, weekStart, weekdays, hours, values, exact, onOpen } = props;
  const [focus, setFocus] = useState({ row: 0, hour: 0 });
  const [focusedText, setFocusedText] = useState<string | null>(null);
  const table = useRef<HTMLTableElement>(null);
  const days = Array.from({ length: 7 }, (_, index) => ((weekStart - 1 + index) % 7) + 1);
  const cells = new Map(
    values.map((value, index) => [`${weekdays[index]}-${hours[index]}`, value] as const),
  );
  const most = Math.max(0, ...values.map((value) => toNumber(value)));

  function text(day: number, hour: number): string {
    const value = cells.get(`${day}-${hour}`) ?? null;
    return `${formatWeekday(day, "long")}, ${formatFullHour(hour)}: ${value === null ? "–" : exact(value)}`;
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const day = days[focus.row];
    if (event.key === "Enter" && day !== undefined) return onOpen(day, focus.hour);
    const next = nextCell(readingKey(event.key), focus);
    if (next === null) return;
    event.preventDefault();
    setFocus(next);
    table.current?.querySelector<HTMLElement>(`[data-cell="${next.row}-${next.hour}"]`)?.focus();
  }

  function onClick({ target }: MouseEvent) {
    const cell = (target as Element).closest<HTMLElement>("[data-cell]")?.dataset.cell;
    const [row, hour] = (cell ?? "").split("-").map(Number);
    const day = days[row ?? -1];
    if (day !== undefined && hour !== undefined) onOpen(day, hour);
  }

  return (
    <div className={styles.frame}>
      <table
        ref={table}
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: cells take the focus
        role="grid"
        aria-label={t`${label}: Enter opens the orders of a cell`}
        className={styles.grid}
        onKeyDown={onKeyDown}
        onClick={onClick}
      >
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">{t`Weekday`}</span>
            </th>
            {HOURS.map((hour) => (
              <th key={hour} scope="col">
                {formatHour(hour)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {days.map((day, row) => (
            <tr key={day}>
              <th scope="row">{formatWeekday(day)}</th>
              {HOURS.map((hour) => (
                <td
                  key={hour}
                  data-cell={`${row}-${hour}`}
                  tabIndex={focus.row === row && focus.hour === hour ? 0 : -1}
                  title={t`${text(day, hour)}. Click to see its orders.`}
                  style={{ "--level": level(cells.get(`${day}-${hour}`) ?? null, most) }}
                  onFocus={() => {
                    setFocus({ row, hour });
                    setFocusedText(text(day, hour));
                  }}
                  onBlur={() => setFocusedText(null)}
                >
                  <span className="visually-hidden">{text(day, hour)}</span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles.scale} aria-hidden="true">
        {focusedText ?? (
          <>
            {t`less`} <span /> {t`more`}
          </>
        )}
      </p>
    </div>
  );
}

interface Cell {
  readonly row: number;
  readonly hour: number;
}

/** The cell that a key leads to; `null` for other keys. */
export function nextCell(key: string, { row, hour }: Cell): Cell | null {
  switch (key) {
    case "ArrowUp":
      return { row: Math.max(row - 1, 0), hour };
    case "ArrowDown":
      return { row: Math.min(row + 1, 6), hour };
    case "ArrowLeft":
      return { row, hour: Math.max(hour - 1, 0) };
    case "ArrowRight":
      return { row, hour: Math.min(hour + 1, 23) };
    case "Home":
      return { row, hour: 0 };
    case "End":
      return { row, hour: 23 };
    default:
      return null;
  }
}

/** How dark a cell is, 0 to 1; 0 for negative values and for none. */
function level(value: Decimal | null, most: number): number {
  const size = toNumber(value);
  if (size <= 0 || most === 0) return 0;
  // The square root keeps small values visible next to a peak.
  return Number((0.08 + 0.92 * Math.sqrt(size / most)).toFixed(3));
}
