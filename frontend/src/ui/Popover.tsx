import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import styles from "./Popover.module.css";

interface PopoverProps {
  /** What the button shows. */
  readonly label: ReactNode;
  /** The accessible name of the popup. */
  readonly name: string;
  readonly align?: "start" | "end";
  readonly variant?: "button" | "ghost";
  readonly title?: string;
  /** The content; receives a function that closes the popup. */
  readonly children: (close: () => void) => ReactNode;
}

/** A button with a popup that closes on Esc, on a click outside and when the focus leaves it. */
export function Popover({
  label,
  name,
  align = "start",
  variant = "button",
  title,
  children,
}: PopoverProps) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();

  useEffect(() => {
    if (!isOpen) return;
    function onPointerDown(event: PointerEvent) {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    }
    function onKeyDown(event: KeyboardEvent) {
      if (event.key !== "Escape") return;
      // Esc must not clear the filters too.
      event.stopPropagation();
      setOpen(false);
      button.current?.focus();
    }
    document.addEventListener("pointerdown", onPointerDown);
    document.addEventListener("keydown", onKeyDown, { capture: true });
    return () => {
      document.removeEventListener("pointerdown", onPointerDown);
      document.removeEventListener("keydown", onKeyDown, { capture: true });
    };
  }, [isOpen]);

  function close() {
    setOpen(false);
    button.current?.focus();
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only observes the focus
    <div
      ref={root}
      className={styles.root}
      onBlur={(event) => {
        const target = event.relatedTarget;
        if (target !== null && !root.current?.contains(target)) setOpen(false);
      }}
    >
      <button
        ref={button}
        type="button"
        className={variant === "ghost" ? styles.ghost : styles.button}
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        aria-haspopup="dialog"
        title={title}
        onClick={() => setOpen(!isOpen)}
      >
        {label}
      </button>
      {isOpen && (
        <div id={id} role="dialog" aria-label={name} className={styles.popup} data-align={align}>
          {children(close)}
        </div>
      )}
    </div>
  );
}
