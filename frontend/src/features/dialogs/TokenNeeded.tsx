import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { signIn } from "../../api/auth.ts";
import styles from "./NotesDialog.module.css";

/** Says why nothing can be kept (or `hint`, where it is something else), and takes a token. */
export function TokenNeeded({ what, hint }: { readonly what: string; readonly hint?: ReactNode }) {
  const [token, setToken] = useState("");
  const id = useId();
  function onSubmit(event: FormEvent) {
    event.preventDefault();
    signIn(token.trim());
    // Everything on the page is read anew, as the token's owner.
    window.location.reload();
  }
  return (
    <form className={styles.form} onSubmit={onSubmit}>
      <p className={styles.hint} id={id}>
        {hint ?? (
          <Trans>
            {what} needs a token, which says whose it is: <code>shopx token create NAME</code> makes
            one. With the scope <code>ingest</code> besides <code>read</code>, everybody can see
            what you keep.
          </Trans>
        )}
      </p>
      <label>
        {t`API token`}
        <input
          type="password"
          autoComplete="off"
          placeholder="shx_…"
          aria-describedby={id}
          value={token}
          onChange={({ target }) => setToken(target.value)}
        />
      </label>
      <button type="submit" disabled={token.trim() === ""}>{t`Sign in`}</button>
    </form>
  );
}
