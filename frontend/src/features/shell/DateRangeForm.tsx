import { t } from "@lingui/core/macro";
import { type FormEvent, useId, useState } from "react";
import { type DateRange, isCalendarDate } from "../../state/view.ts";
import styles from "./pickers.module.css";

interface DateRangeFormProps {
  readonly title: string;
  /** `null` starts with today. */
  readonly initial: DateRange | null;
  /** Today's date in the page's zone. */
  readonly today: string;
  readonly onApply: (dates: DateRange) => void;
}

/** Two dates, both included. */
export function DateRangeForm({ title, initial, today, onApply }: DateRangeFormProps) {
  const [from, setFrom] = useState(initial?.from ?? today);
  const [to, setTo] = useState(initial?.to ?? today);
  const id = useId();
  const error = validateDates(from, to);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (error === null) onApply({ from, to });
  }

  return (
    <form className={styles.dates} onSubmit={submit} aria-label={title}>
      <strong>{title}</strong>
      <label>
        {t`From`}
        <input
          type="date"
          value={from}
          onChange={(event) => setFrom(event.target.value)}
          aria-describedby={id}
        />
      </label>
      <label>
        {t`To`}
        <input
          type="date"
          value={to}
          onChange={(event) => setTo(event.target.value)}
          aria-describedby={id}
        />
      </label>
      <p id={id} role="status" className={styles.error}>
        {error}
      </p>
      <button type="submit" className={styles.apply} disabled={error !== null}>{t`Apply`}</button>
    </form>
  );
}

/** Why the dates are not a range; `null` if they are. */
export function validateDates(from: string, to: string): string | null {
  if (!isCalendarDate(from) || !isCalendarDate(to)) return t`Enter two dates.`;
  if (from > to) return t`The first day is after the last.`;
  return null;
}
