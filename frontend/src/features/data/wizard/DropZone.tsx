import { t } from "@lingui/core/macro";
import { type DragEvent, useState } from "react";
import styles from "./wizard.module.css";
import { formatBytes } from "./words.ts";

interface DropZoneProps {
  readonly onFile: (file: File) => void;
  /** The largest file, in bytes; `null` while it is not known. */
  readonly limit: number | null;
}

/** Takes a file that is dropped, or chosen by click or keyboard. */
export function DropZone({ onFile, limit }: DropZoneProps) {
  const [isOver, setOver] = useState(false);
  function onDrop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file !== undefined) onFile(file);
  }
  return (
    <label
      className={styles.drop}
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <input
        type="file"
        className="visually-hidden"
        aria-label={t`A file of sales`}
        onChange={({ target }) => {
          const file = target.files?.[0];
          // So that the same file can be chosen again.
          target.value = "";
          if (file !== undefined) onFile(file);
        }}
      />
      <strong>{t`Drop a file of sales here, or choose one`}</strong>
      <span>
        {limit === null
          ? t`CSV, TSV, Excel or OpenDocument, also packed with gzip, zip or 7z`
          : t`CSV, TSV, Excel or OpenDocument, also packed with gzip, zip or 7z; up to ${formatBytes(limit)}`}
      </span>
      <span>{t`Exports of Shopify, WooCommerce, Stripe, Square and Etsy are recognised.`}</span>
    </label>
  );
}
