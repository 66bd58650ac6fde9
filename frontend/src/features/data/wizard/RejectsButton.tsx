import { useApolloClient } from "@apollo/client/react";
import { t } from "@lingui/core/macro";
import { useState } from "react";
import { describeError } from "../../../api/errors.ts";
import { ImportRejectsDocument } from "../../../gql/graphql.ts";
import { saveFile } from "../../../lib/csv.ts";
import styles from "./wizard.module.css";

interface RejectsButtonProps {
  readonly jobId: string;
  /** Begins the file's name. */
  readonly name: string;
  readonly children: string;
  readonly className?: string | undefined;
}

/** Saves the rejected rows of a job; their list is kept for some days. */
export function RejectsButton({ jobId, name, children, className }: RejectsButtonProps) {
  const client = useApolloClient();
  const [said, say] = useState<string | null>(null);
  async function save() {
    say(null);
    try {
      const { data } = await client.query({
        query: ImportRejectsDocument,
        variables: { id: jobId },
        fetchPolicy: "no-cache",
      });
      const rejects = data?.importJob.rejects ?? null;
      if (rejects === null) say(t`The list is no longer kept.`);
      else saveFile(`${name}.rejects.csv`, rejects);
    } catch (error) {
      say(describeError(error).detail);
    }
  }
  return (
    <>
      <button type="button" className={className ?? styles.button} onClick={save}>
        {children}
      </button>
      <span role="status" className={styles.muted}>
        {said}
      </span>
    </>
  );
}
