import { type ReactNode, useEffect, useRef } from "react";
import styles from "./Dialog.module.css";

interface DialogProps {
  /** The accessible name. */
  readonly name: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/**
 * A modal dialog. It keeps the focus inside, closes on Esc and on a click beside it, and then gives
 * the focus back.
 */
export function Dialog({ name, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    const element = dialog.current;
    if (element === null) return;
    element.showModal();
    function onCancel(event: Event) {
      event.preventDefault();
      close.current();
    }
    function onClick(event: MouseEvent) {
      if (event.target === element) close.current();
    }
    element.addEventListener("cancel", onCancel);
    element.addEventListener("click", onClick);
    return () => {
      element.removeEventListener("cancel", onCancel);
      element.removeEventListener("click", onClick);
      // Gives the focus back to what had it before.
      element.close();
    };
  }, []);
  return (
    <dialog ref={dialog} data-screen-only aria-label={name} className={styles.dialog}>
      {/* A click on what surrounds it has the dialog itself as its target. */}
      <div className={styles.content}>{children}</div>
    </dialog>
  );
}
