import { t } from "@lingui/core/macro";
import { useId } from "react";
import { chooseLanguage, LANGUAGE, LANGUAGES, type Language } from "../../lib/locale.ts";
import { GlobeIcon } from "../../ui/icons.tsx";
import styles from "./Shell.module.css";

/** Shows the page in another language, and keeps the choice. */
export function LanguagePicker() {
  const id = useId();
  return (
    <span className={styles.language}>
      <GlobeIcon />
      <label htmlFor={id} className="visually-hidden">
        {t`Language`}
      </label>
      <select
        id={id}
        value={LANGUAGE}
        onChange={({ target }) => chooseLanguage(target.value as Language)}
      >
        {Object.entries(LANGUAGES).map(([language, name]) => (
          <option key={language} value={language} lang={language}>
            {name}
          </option>
        ))}
      </select>
    </span>
  );
}
