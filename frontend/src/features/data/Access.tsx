import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type FormEvent, useId, useState } from "react";
import { sessionToken, signIn } from "../../api/auth.ts";
import styles from "./data.module.css";

interface AccessProps {
  readonly name: string;
  readonly isAnonymous: boolean;
  readonly onToken: () => void;
}

/** Says that this viewer may look only, and takes a token that may import. */
export function Access({ name, isAnonymous, onToken }: AccessProps) {
  const [token, setToken] = useState("");
  const id = useId();
  function submit(event: FormEvent) {
    event.preventDefault();
    signIn(token.trim());
    onToken();
  }
  const who = isAnonymous ? t`You are not signed in` : t`“${name}” may read`;
  return (
    <section className={styles.access} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{t`Import sales`}</h2>
      <p>
        <Trans>
          {who}: you see what was imported, and change nothing. Importing and taking back need a
          token with the scope <code>ingest</code>.
        </Trans>
      </p>
      <form onSubmit={submit}>
        <label htmlFor={id} className="visually-hidden">{t`API token with the scope ingest`}</label>
        <input
          id={id}
          type="password"
          autoComplete="off"
          placeholder={"shx_…"}
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
        <button
          type="submit"
          className={styles.small}
          disabled={token.trim() === ""}
        >{t`Use this token`}</button>
      </form>
      <p className={styles.muted}>
        {sessionToken() !== null && isAnonymous && `${t`The token was not accepted.`} `}
        <Trans>
          An administrator makes one:{" "}
          <code>shopx token create NAME --scope read --scope ingest --every-source</code>. The
          browser keeps it until you close this tab.
        </Trans>
      </p>
    </section>
  );
}
