import { useMutation, useQuery } from "@apollo/client/react";
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useEffect, useRef, useState } from "react";
import { describeError } from "../../api/errors.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  DeleteReportDocument,
  type DeliveryState,
  PauseReportDocument,
  type ReportPartsFragment,
  ReportPartsFragmentDoc,
  ScheduledReportsDocument,
  SendReportDocument,
} from "../../gql/graphql.ts";
import { sayText } from "../../i18n/said.ts";
import { formatMoment } from "../../lib/dates.ts";
import { LOCALE } from "../../lib/locale.ts";
import { TokenNeeded } from "../dialogs/TokenNeeded.tsx";
import { useMetric, useReporting } from "../shared/reporting.ts";
import { ReportForm } from "./ReportForm.tsx";
import styles from "./reports.module.css";
import { conditionTitle, pageTitle, presetTitle } from "./reportTitles.ts";

interface ReportsDialogProps {
  /** What a new report is of. */
  readonly page: string;
  readonly onClose: () => void;
}

/** What is sent belongs to no snapshot of the page. */
const CONTEXT = { onFresh: () => undefined };

const STATES: Readonly<Record<DeliveryState, string>> = {
  WAITING: t`Waiting`,
  PREPARING: t`Being made`,
  SENDING: t`Being sent`,
  SENT: t`Sent`,
  FAILED: t`Failed`,
  UNKNOWN: t`Unknown: it may have arrived, and is not sent again`,
};

const UNDER_WAY: ReadonlySet<DeliveryState> = new Set(["WAITING", "PREPARING", "SENDING"]);
/** Milliseconds. */
const POLL_INTERVAL = 2000;

/** Scheduled reports and alerts: what there is, what was sent, and a form for a new one. */
export default function ReportsDialog({ page, onClose }: ReportsDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    const element = dialog.current;
    // Keeps the focus inside, closes on Esc, and gives the focus back.
    element?.showModal();
    const onEnd = () => close.current();
    element?.addEventListener("close", onEnd);
    return () => {
      element?.removeEventListener("close", onEnd);
      element?.close();
    };
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby="reports-title" className={styles.dialog}>
      <div className={styles.head}>
        <h2 id="reports-title">{t`Scheduled reports and alerts`}</h2>
        <button type="button" onClick={() => dialog.current?.close()}>{t`Close`}</button>
      </div>
      <Reports page={page} />
    </dialog>
  );
}

function Reports({ page }: { readonly page: string }) {
  const { data, error, loading, refetch, startPolling, stopPolling } = useQuery(
    ScheduledReportsDocument,
    { context: CONTEXT, fetchPolicy: "network-only" },
  );
  const [isNew, setNew] = useState(false);
  const isUnderWay = unmask(ReportPartsFragmentDoc, data?.reports ?? []).some(({ history }) =>
    history.some(({ state }) => UNDER_WAY.has(state)),
  );
  useEffect(() => {
    if (!isUnderWay) return;
    startPolling(POLL_INTERVAL);
    return stopPolling;
  }, [isUnderWay, startPolling, stopPolling]);
  if (error && describeError(error).needsToken) {
    return (
      <TokenNeeded
        what={t`Scheduled reports and alerts`}
        hint={
          <Trans>
            Reports are sent to others, so they need a token with the scope <code>admin</code>:{" "}
            <code>shopx token create NAME --scope read --scope admin</code> makes one.
          </Trans>
        }
      />
    );
  }
  if (error) return <p role="alert">{describeError(error).detail}</p>;
  if (loading && data === undefined) return <p>{t`Loading…`}</p>;
  const reports = unmask(ReportPartsFragmentDoc, data?.reports ?? []);
  return (
    <>
      {isNew ? (
        <ReportForm
          page={page}
          onDone={(isMade) => {
            setNew(false);
            if (isMade) void refetch();
          }}
        />
      ) : (
        <button
          type="button"
          className={styles.new}
          onClick={() => setNew(true)}
        >{t`New report or alert`}</button>
      )}
      {reports.length === 0 && !isNew && <p>{t`Nothing is sent on a schedule yet.`}</p>}
      <ul className={styles.list}>
        {reports.map((report) => (
          <Entry key={report.id} report={report} onChanged={() => void refetch()} />
        ))}
      </ul>
    </>
  );
}

interface EntryProps {
  readonly report: ReportPartsFragment;
  readonly onChanged: () => void;
}

function Entry({ report, onChanged }: EntryProps) {
  const options = { context: CONTEXT, onCompleted: onChanged };
  const [pause, pausing] = useMutation(PauseReportDocument, options);
  const [send, sending] = useMutation(SendReportDocument, options);
  const [remove, removing] = useMutation(DeleteReportDocument, options);
  const metricOf = useMetric();
  const { zone } = useReporting();
  const [isSure, setSure] = useState(false);
  const { id, name, alert, isPaused, history } = report;
  const problem = pausing.error ?? sending.error ?? removing.error;
  return (
    <li>
      <h3>
        {name}
        {isPaused && <span className={styles.note}>{` · ${t`paused`}`}</span>}
      </h3>
      <p className={styles.note}>
        {pageTitle(report.page)}, {presetTitle(report.preset)} · {report.schedule} ·{" "}
        {report.targets.join(", ")}
        {report.formats.length > 0 && ` · ${report.formats.join(", ")}`}
      </p>
      {alert && (
        <p className={styles.note}>
          {t`When ${metricOf(alert.metric).title} ${conditionTitle(alert.condition)} ${alert.threshold}`}
          {": "}
          {alert.isMet === null ? t`not checked yet` : alert.isMet ? t`holds` : t`does not hold`}
        </p>
      )}
      {report.problemText !== null && (
        <p role="status">
          <Trans>Not checked: {sayText(report.problemText)}</Trans>
        </p>
      )}
      <div className={styles.tools}>
        <button type="button" onClick={() => send({ variables: { id } })}>
          {t`Send now`}
          <span className="visually-hidden">: {name}</span>
        </button>
        <button type="button" onClick={() => pause({ variables: { id, isPaused: !isPaused } })}>
          {isPaused ? t`Resume` : t`Pause`}
          <span className="visually-hidden">: {name}</span>
        </button>
        <button
          type="button"
          onClick={() => (isSure ? remove({ variables: { id } }) : setSure(true))}
        >
          {isSure ? t`Remove it with its history` : t`Remove`}
          <span className="visually-hidden">: {name}</span>
        </button>
      </div>
      {problem && <p role="alert">{describeError(problem).detail}</p>}
      {history.length > 0 && (
        <details>
          <summary>
            <Trans>
              History: {STATES[history[0]?.state ?? "WAITING"]},{" "}
              {history[0] ? `${formatMoment(history[0].dueAt, zone)} (${zone})` : ""}
            </Trans>
          </summary>
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">{t`Due`}</th>
                <th scope="col">{t`To`}</th>
                <th scope="col">{t`Outcome`}</th>
                <th scope="col">{t`Attempts`}</th>
              </tr>
            </thead>
            <tbody>
              {history.map((one) => (
                <tr key={one.id}>
                  <td>{formatMoment(one.dueAt, zone)}</td>
                  <td>{one.target}</td>
                  <td>
                    {STATES[one.state]}
                    {one.detailText !== null && (
                      <div className={styles.note}>{sayText(one.detailText)}</div>
                    )}
                  </td>
                  <td>{one.attempts.toLocaleString(LOCALE)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </li>
  );
}
