import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type FormEvent, useId, useState } from "react";
import { sessionToken, signIn } from "../../api/auth.ts";
import styles from "./SignIn.module.css";

/** Asks for an API token; calls `onToken` once it is stored. */
export default function SignIn({ onToken }: { readonly onToken: () => void }) {
  const [token, setToken] = useState("");
  const [wasRefused] = useState(() => sessionToken() !== null);
  const id = useId();

  function submit(event: FormEvent) {
    event.preventDefault();
    signIn(token.trim());
    onToken();
  }

  return (
    <main className={styles.page}>
      <form className={styles.form} onSubmit={submit}>
        <img src="/favicon.svg" alt="" width="40" height="40" />
        <h1>{t`Sign in to ShopX Analytics`}</h1>
        {wasRefused && (
          <p
            role="alert"
            className={styles.refused}
          >{t`The token was not accepted: it may be mistyped, revoked or expired.`}</p>
        )}
        <label htmlFor={id}>{t`API token`}</label>
        <input
          id={id}
          type="password"
          autoComplete="off"
          placeholder="shx_…"
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
        <button type="submit" disabled={token.trim() === ""}>{t`Sign in`}</button>
        <p className={styles.hint}>
          <Trans>
            An administrator creates a token with <code>shopx token create</code>. The browser keeps
            it until you close this tab.
          </Trans>
        </p>
      </form>
    </main>
  );
}
