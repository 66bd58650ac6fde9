import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import styles from "./Popover.module.css";

interface PopoverProps {
  /** What the button shows. */
  readonly label: ReactNode;
  /** What the popup is, for those who cannot see that it belongs to the button. */
  readonly name: string;
  readonly align?: "start" | "end";
  readonly variant?: "button" | "ghost";
  readonly title?: string;
  /** Gets a function that closes the popup. */
  readonly children: (close: () => void) => ReactNode;
}

/** A button with a popup: closes on Esc, on a click elsewhere and when the focus leaves it. */
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
      // Esc closes one thing at a time: with a popup open it must not clear the filters too.
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
    // biome-ignore lint/a11y/noStaticElementInteractions: only watches where the focus goes
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
