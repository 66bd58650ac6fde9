import type { ReactNode } from "react";
import styles from "./Segmented.module.css";

interface SegmentedProps<T extends string> {
  /** What is chosen, for those who cannot see it. */
  readonly name: string;
  readonly value: T;
  readonly options: readonly {
    readonly value: T;
    readonly label: ReactNode;
    readonly title?: string;
  }[];
  readonly onChange: (value: T) => void;
}

/** A few choices side by side, one of them pressed. */
export function Segmented<T extends string>({ name, value, options, onChange }: SegmentedProps<T>) {
  return (
    <fieldset className={styles.group}>
      <legend className="visually-hidden">{name}</legend>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          className={styles.option}
          aria-pressed={option.value === value}
          title={option.title}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}
