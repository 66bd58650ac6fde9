import { t } from "@lingui/core/macro";
import { CloseIcon } from "../../ui/icons.tsx";
import styles from "./DialogHeader.module.css";

interface DialogHeaderProps {
  readonly title: string;
  readonly onClose: () => void;
}

export function DialogHeader({ title, onClose }: DialogHeaderProps) {
  return (
    <header className={styles.header}>
      <h2>{title}</h2>
      <button type="button" aria-label={t`Close`} className={styles.close} onClick={onClose}>
        <CloseIcon />
      </button>
    </header>
  );
}
