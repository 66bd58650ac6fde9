import { useMutation, useQuery } from "@apollo/client/react";
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useCallback, useState } from "react";
import { snapshotStore } from "../../api/snapshotStore.ts";
import { DataRightsDocument, GenerateDemoDocument, ShellDocument } from "../../gql/graphql.ts";
import { navigate } from "../../state/location.ts";
import styles from "./data.module.css";
import { leaveFile } from "./pendingFile.ts";
import { isFinished, useJob, useStarter } from "./useJob.ts";
import { DropZone } from "./wizard/DropZone.tsx";
import { JobProgress } from "./wizard/Progress.tsx";
import { problemText } from "./wizard/words.ts";

/** In place of pages of zeros while there are no sales at all. */
export default function FirstRun() {
  const { data } = useQuery(DataRightsDocument, { fetchPolicy: "network-only" });
  const canImport = data?.viewer.scopes.includes("INGEST") ?? false;
  function begin(file: File) {
    leaveFile(file);
    navigate("/data");
  }
  return (
    <section className={styles.first} aria-labelledby="first-run">
      <h2 id="first-run">{t`There are no sales yet`}</h2>
      <p>{t`Give the dashboard the file that your shop exports. You see what was understood before anything is booked, and can take it back.`}</p>
      <DropZone
        onFile={begin}
        limit={data === undefined ? null : Number(data.importLimits.fileBytes)}
      />
      {canImport && data?.importLimits.canGenerate ? (
        <Demo />
      ) : (
        <p className={styles.muted}>
          <Trans>
            To look around first, generate sales: <code>shopx seed --orders 20000</code>, or{" "}
            <code>demo</code> in the manifest.
          </Trans>
        </p>
      )}
      <p
        className={styles.muted}
      >{t`Programs record orders through the API. This page fills as soon as there are sales.`}</p>
    </section>
  );
}

/** Generates sales to look around in. */
function Demo() {
  const [jobId, setJobId] = useState<string | null>(null);
  const [generate, { client }] = useMutation(GenerateDemoDocument);
  const start = useCallback(async () => {
    const { data } = await generate();
    return data?.generateDemo.id ?? "";
  }, [generate]);
  const [begin, refused] = useStarter(start);
  const state = useJob(jobId, () => {
    snapshotStore.release();
    client.refetchQueries({ include: [ShellDocument] });
  });
  const { job } = state;
  return (
    <div className={styles.demo}>
      <button
        type="button"
        className={styles.small}
        disabled={jobId !== null && job?.state !== "FAILED"}
        onClick={() => {
          begin(undefined).then((id) => {
            if (id) setJobId(id);
          });
        }}
      >{t`Generate a demo`}</button>
      <span
        className={styles.muted}
      >{t`20,000 orders of the past year, to look around. They cannot be taken back.`}</span>
      {jobId !== null && !isFinished(job) && <JobProgress state={state} what={t`Demo`} />}
      {(refused ?? job?.problem) && (
        <p role="alert" className={styles.warn}>
          {refused === null ? job?.problem && problemText(job.problem) : refused.detail}
        </p>
      )}
    </div>
  );
}
