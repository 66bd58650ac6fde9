import { useMutation } from "@apollo/client/react";
import { plural, t } from "@lingui/core/macro";
import { useCallback, useEffect, useRef, useState } from "react";
import {
  InspectImportDocument,
  type JobPartsFragment,
  StartImportDocument,
} from "../../../gql/graphql.ts";
import { ViewLink } from "../../shared/ViewLink.tsx";
import { takeFile } from "../pendingFile.ts";
import { isFinished, useJob, useStarter } from "../useJob.ts";
import {
  type Answers,
  answersInput,
  DEFAULT_OPTIONS,
  NO_ANSWERS,
  type Options,
  optionsInput,
} from "./answers.ts";
import { CheckReport, JobProblem, Notes, OptionFields, type Report } from "./CheckStep.tsx";
import { ColumnsStep } from "./ColumnsStep.tsx";
import { DropZone } from "./DropZone.tsx";
import { Problem } from "./Problem.tsx";
import { Bar, JobProgress } from "./Progress.tsx";
import { RejectsButton } from "./RejectsButton.tsx";
import { forgetUpload, removeUpload, uploadFile } from "./upload.ts";
import styles from "./wizard.module.css";
import { formatBytes, formatInteger } from "./words.ts";

const STEPS = [t`File`, t`Columns`, t`Check`, t`Import`] as const;
type Step = 0 | 1 | 2 | 3;

interface ImportWizardProps {
  readonly limit: number | null;
  /** Sales have changed. */
  readonly onImported: () => void;
}

/** From a file to figures: upload, mapping by choosing, a dry run, the import. */
export function ImportWizard({ limit, onImported }: ImportWizardProps) {
  const [file, setFile] = useState<File | null>(takeFile);
  // Another file begins anew.
  const [round, setRound] = useState(0);
  return (
    <section className={styles.card} aria-labelledby="import-title">
      <h2 id="import-title">{t`Import sales`}</h2>
      {file === null ? (
        <>
          <StepList current={0} />
          <DropZone onFile={setFile} limit={limit} />
        </>
      ) : (
        <FileImport
          key={round}
          file={file}
          onImported={onImported}
          onOther={() => {
            setFile(null);
            setRound(round + 1);
          }}
        />
      )}
    </section>
  );
}

function StepList({ current }: { readonly current: Step }) {
  return (
    <ol className={styles.steps} aria-label={t`Steps of the import`}>
      {STEPS.map((title, index) => (
        <li
          key={title}
          aria-current={index === current ? "step" : undefined}
          data-done={index < current}
        >
          <span className={styles.number} aria-hidden="true">
            {index < current ? "✓" : formatInteger(index + 1)}
          </span>
          {title}
        </li>
      ))}
    </ol>
  );
}

interface FileImportProps {
  readonly file: File;
  readonly onImported: () => void;
  readonly onOther: () => void;
}

function FileImport({ file, onImported, onOther }: FileImportProps) {
  const upload = useUpload(file);
  const [step, setStep] = useState<Step>(1);
  const mapping = useMapping(upload.id);
  const [options, setOptions] = useState(DEFAULT_OPTIONS);
  const check = useImport(upload.id, true);
  const run = useImport(upload.id, false, (job) => {
    if (job.state !== "DONE") return;
    forgetUpload(file);
    onImported();
  });
  const text = mapping.own ?? mapping.inspection?.mapping ?? null;
  const heading = useRef<HTMLHeadingElement>(null);
  const shown: Step = upload.id === null ? 0 : step;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the focus follows the step
  useEffect(() => heading.current?.focus({ preventScroll: false }), [shown]);

  function leave() {
    if (upload.id !== null && run.state.job === null) removeUpload(file, upload.id);
    upload.cancel();
    onOther();
  }
  function startCheck(with_: Options) {
    if (text === null) return;
    setStep(2);
    check.start(text, with_);
  }

  return (
    <>
      <StepList current={shown} />
      <h3 ref={heading} tabIndex={-1} className={styles.heading}>
        {file.name} <span className={styles.muted}>({formatBytes(file.size)})</span>
      </h3>
      {shown === 0 && <UploadStep upload={upload} file={file} onCancel={leave} />}
      {shown === 1 && (
        <MappingStep
          mapping={mapping}
          canGoOn={text !== null && (mapping.own !== null || mapping.isAnswered)}
          onOther={leave}
          onNext={() => startCheck(options)}
        />
      )}
      {shown === 2 && (
        <CheckPart
          check={check}
          options={options}
          onOptions={setOptions}
          onBack={() => setStep(1)}
          onAgain={() => startCheck(options)}
          onImport={() => {
            if (text === null) return;
            setStep(3);
            run.start(text, options);
          }}
        />
      )}
      {shown === 3 && <RunPart run={run} onBack={() => setStep(2)} onOther={leave} />}
    </>
  );
}

interface Upload {
  readonly id: string | null;
  readonly sent: number;
  readonly problem: string | null;
  readonly cancel: () => void;
  readonly retry: () => void;
}

function useUpload(file: File): Upload {
  const [id, setId] = useState<string | null>(null);
  const [sent, setSent] = useState(0);
  const [problem, setProblem] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);
  const abort = useRef<AbortController>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt is another upload
  useEffect(() => {
    const controller = new AbortController();
    abort.current = controller;
    uploadFile(file, { onProgress: setSent, signal: controller.signal }).then(setId, (error) => {
      if (!controller.signal.aborted) setProblem(wordsOf(error));
    });
    return () => controller.abort();
  }, [file, attempt]);
  return {
    id,
    sent,
    problem,
    cancel: () => abort.current?.abort(),
    retry: () => {
      setProblem(null);
      setAttempt(attempt + 1);
    },
  };
}

function wordsOf(error: unknown): string {
  return error instanceof Error && !(error instanceof TypeError)
    ? error.message
    : t`The server cannot be reached. Check the connection.`;
}

interface UploadStepProps {
  readonly upload: Upload;
  readonly file: File;
  readonly onCancel: () => void;
}

function UploadStep({ upload, file, onCancel }: UploadStepProps) {
  const part = file.size === 0 ? 0 : upload.sent / file.size;
  return (
    <>
      {upload.problem === null ? (
        <Bar
          label={t`Upload`}
          part={part}
          text={t`${formatBytes(upload.sent)} of ${formatBytes(file.size)} sent`}
        />
      ) : (
        <Problem title={t`The file was not uploaded`}>{upload.problem}</Problem>
      )}
      <div className={styles.actions}>
        <button type="button" className={styles.button} onClick={onCancel}>
          {upload.problem === null ? t`Cancel` : t`Choose another file`}
        </button>
        {upload.problem !== null && (
          <button
            type="button"
            className={styles.button}
            onClick={upload.retry}
          >{t`Continue the upload`}</button>
        )}
      </div>
    </>
  );
}

function useMapping(upload: string | null) {
  const [answers, setAnswers] = useState(NO_ANSWERS);
  const [own, setOwn] = useState<string | null>(null);
  const [jobId, setJobId] = useState<string | null>(null);
  const [inspect] = useMutation(InspectImportDocument);
  const start = useCallback(
    async (variables: { upload: string; answers: ReturnType<typeof answersInput> }) => {
      const { data } = await inspect({ variables });
      return data?.inspectImport.id ?? "";
    },
    [inspect],
  );
  const [run, problem] = useStarter(start);
  const state = useJob(jobId);
  const [last, setLast] = useState<JobPartsFragment | null>(null);
  if (state.job?.state === "DONE" && state.job !== last) setLast(state.job);
  const isRunning = jobId !== null && !isFinished(state.job);
  useEffect(() => {
    if (upload === null) return;
    let isLatest = true;
    run({ upload, answers: answersInput(answers) }).then((id) => {
      if (isLatest && id) setJobId(id);
    });
    return () => {
      isLatest = false;
    };
  }, [upload, answers, run]);
  const inspection = last?.inspection ?? null;
  return {
    answers,
    setAnswers: (next: Answers) => setAnswers(next),
    own,
    setOwn,
    state,
    problem,
    isRunning,
    inspection,
    /** Whether the file leaves nothing open, as far as the latest answers are looked at. */
    isAnswered: inspection !== null && inspection.questionTexts.length === 0 && !isRunning,
  };
}

interface MappingStepProps {
  readonly mapping: ReturnType<typeof useMapping>;
  readonly canGoOn: boolean;
  readonly onOther: () => void;
  readonly onNext: () => void;
}

function MappingStep({ mapping, canGoOn, onOther, onNext }: MappingStepProps) {
  const { inspection, state, problem, isRunning } = mapping;
  const failed = state.job?.state === "FAILED" ? state.job : null;
  return (
    <>
      {problem !== null && <Problem title={problem.title}>{problem.detail}</Problem>}
      {failed !== null && <JobProblem job={failed} title={t`The file was not understood`} />}
      {inspection === null && failed === null && problem === null && (
        <JobProgress state={state} what={t`Looking at the file`} />
      )}
      {inspection !== null && (
        <ColumnsStep
          inspection={inspection}
          answers={mapping.answers}
          onAnswers={mapping.setAnswers}
          ownMapping={mapping.own}
          onOwnMapping={mapping.setOwn}
          isStale={isRunning}
        />
      )}
      <div className={styles.actions}>
        <button type="button" className={styles.button} onClick={onOther}>{t`Another file`}</button>
        <button
          type="button"
          className={`${styles.primary} ${styles.end}`}
          disabled={!canGoOn || (failed !== null && mapping.own === null)}
          onClick={onNext}
        >{t`Check the whole file`}</button>
      </div>
      <span className="visually-hidden" role="status">
        {isRunning ? t`Looking at the file` : inspection !== null ? t`The file was looked at` : ""}
      </span>
    </>
  );
}

function useImport(
  upload: string | null,
  dryRun: boolean,
  onFinished?: (job: JobPartsFragment) => void,
) {
  const [jobId, setJobId] = useState<string | null>(null);
  const [send] = useMutation(StartImportDocument);
  const starter = useCallback(
    async ({ mapping, options }: { mapping: string; options: Options }) => {
      const { data } = await send({
        variables: {
          upload: upload ?? "",
          mapping,
          options: optionsInput(options),
          dryRun,
          // A repetition after a broken connection is the same job.
          key: crypto.randomUUID(),
        },
      });
      return data?.startImport.id ?? "";
    },
    [send, upload, dryRun],
  );
  const [run, problem] = useStarter(starter);
  const state = useJob(jobId, onFinished);
  return {
    state,
    problem,
    start: (mapping: string, options: Options) => {
      setJobId(null);
      run({ mapping, options }).then((id) => {
        if (id) setJobId(id);
      });
    },
  };
}

interface CheckPartProps {
  readonly check: ReturnType<typeof useImport>;
  readonly options: Options;
  readonly onOptions: (options: Options) => void;
  readonly onBack: () => void;
  readonly onAgain: () => void;
  readonly onImport: () => void;
}

function CheckPart({ check, options, onOptions, onBack, onAgain, onImport }: CheckPartProps) {
  const { job } = check.state;
  const [checked, setChecked] = useState(options);
  const report = job?.state === "DONE" ? job.report : null;
  const isChanged = checked !== options;
  const books =
    report === null
      ? 0
      : report.lines.new + report.lines.changed + report.lines.again + report.lines.takenBack;
  function again() {
    setChecked(options);
    onAgain();
  }
  return (
    <>
      {check.problem !== null && (
        <Problem title={check.problem.title}>{check.problem.detail}</Problem>
      )}
      {!isFinished(job) && check.problem === null && (
        <JobProgress state={check.state} what={t`Checking the whole file`} />
      )}
      {job?.state === "FAILED" && <JobProblem job={job} title={t`Nothing would be imported`} />}
      {report !== null && job !== null && <CheckReport report={report} jobId={job.id} />}
      {report !== null && books === 0 && (
        <p
          className={styles.note}
          role="status"
        >{t`Everything in the file is known already: importing it would change nothing.`}</p>
      )}
      {isFinished(job) && <OptionFields options={options} onOptions={onOptions} />}
      <div className={styles.actions}>
        <button
          type="button"
          className={styles.button}
          onClick={onBack}
        >{t`Back to the columns`}</button>
        {(isChanged || job?.state === "FAILED" || check.problem !== null) && (
          <button
            type="button"
            className={`${styles.button} ${styles.end}`}
            onClick={again}
          >{t`Check again`}</button>
        )}
        <button
          type="button"
          className={isChanged ? styles.primary : `${styles.primary} ${styles.end}`}
          disabled={report === null || isChanged || books === 0}
          onClick={onImport}
        >
          {books > 0 ? plural(books, { one: "Import # line", other: "Import # lines" }) : t`Import`}
        </button>
      </div>
    </>
  );
}

interface RunPartProps {
  readonly run: ReturnType<typeof useImport>;
  readonly onBack: () => void;
  readonly onOther: () => void;
}

function RunPart({ run, onBack, onOther }: RunPartProps) {
  const { job } = run.state;
  const report = job?.state === "DONE" ? job.report : null;
  const hasFailed = job?.state === "FAILED" || run.problem !== null;
  return (
    <>
      {run.problem !== null && <Problem title={run.problem.title}>{run.problem.detail}</Problem>}
      {!isFinished(job) && run.problem === null && (
        <>
          <JobProgress state={run.state} what={t`Importing`} />
          <p className={styles.muted}>{t`It goes on when you leave this page.`}</p>
        </>
      )}
      {job?.state === "FAILED" && <JobProblem job={job} title={t`Nothing was imported`} />}
      {report !== null && job !== null && (
        <div role="status">
          <p className={styles.note}>
            <strong className={styles.good}>{t`Imported into “${report.source}”`}</strong>{" "}
            {bookedText(report)}
          </p>
          <Notes notes={report.noteTexts} />
        </div>
      )}
      <div className={styles.actions}>
        {hasFailed && (
          <button
            type="button"
            className={styles.button}
            onClick={onBack}
          >{t`Back to the check`}</button>
        )}
        {isFinished(job) && (
          <button
            type="button"
            className={styles.button}
            onClick={onOther}
          >{t`Another file`}</button>
        )}
        {job?.hasRejects && report !== null && (
          <RejectsButton
            jobId={job.id}
            name={report.source}
          >{t`Save the rejected rows`}</RejectsButton>
        )}
        {report !== null && (
          <ViewLink
            path="/"
            changes={{ range: "all" }}
            className={`${styles.primary} ${styles.end}`}
          >{t`See the figures`}</ViewLink>
        )}
      </div>
    </>
  );
}

/** What an import did, a sentence for each kind of line. */
function bookedText({ lines, rowsRejected }: Report): string {
  return [
    plural(lines.new + lines.changed + lines.again, {
      one: "# line was booked.",
      other: "# lines were booked.",
    }),
    lines.takenBack > 0 &&
      plural(lines.takenBack, { one: "# was taken back.", other: "# were taken back." }),
    lines.known > 0 &&
      plural(lines.known, { one: "# was known already.", other: "# were known already." }),
    rowsRejected > 0 &&
      plural(rowsRejected, { one: "# row was left out.", other: "# rows were left out." }),
  ]
    .filter(Boolean)
    .join(" ");
}
