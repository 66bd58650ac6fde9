import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { JobPartsFragment } from "../../../gql/graphql.ts";
import type { Said } from "../../../i18n/said.ts";
import { formatExact } from "../../../lib/numberFormat.ts";
import { DataTable } from "../../../ui/DataTable.tsx";
import { useReporting } from "../../shared/reporting.ts";
import { formatDaysOf, formatInstant } from "../instants.ts";
import type { Options } from "./answers.ts";
import { Problem } from "./Problem.tsx";
import { RejectsButton } from "./RejectsButton.tsx";
import styles from "./wizard.module.css";
import { formatInteger, formatWritten, inWords, problemText } from "./words.ts";

export type Report = NonNullable<JobPartsFragment["report"]>;
type CheckedLine = NonNullable<Report["overview"]>["lines"][number];

interface JobProblemProps {
  readonly job: JobPartsFragment;
  /** What did not come about. */
  readonly title: string;
}

/** Why a job failed, with the rows that it rejected. */
export function JobProblem({ job, title }: JobProblemProps) {
  if (job.problem === null) return null;
  return (
    <Problem title={title}>
      {problemText(job.problem)}
      {job.hasRejects && (
        <div className={styles.row}>
          <RejectsButton
            jobId={job.id}
            name={job.fileName ?? "import"}
          >{t`Save the rejected rows`}</RejectsButton>
        </div>
      )}
    </Problem>
  );
}

/** What an import would book. */
export function CheckReport({
  report,
  jobId,
}: {
  readonly report: Report;
  readonly jobId: string;
}) {
  const { zone } = useReporting();
  const { overview, lines } = report;
  const days =
    overview?.first && overview.last ? formatDaysOf(overview.first, overview.last, zone) : null;
  const counts: [string, number][] = [
    [t`Rows read`, report.rowsRead],
    [t`New lines`, lines.new],
    [t`Known already`, lines.known],
    [t`Changed`, lines.changed],
    [t`Taken back`, lines.takenBack],
    [t`Left out by the mapping`, report.rowsSkipped],
    [REJECTED, report.rowsRejected],
    [t({ message: "Orders", context: "how many" }), overview?.orders ?? 0],
    [t({ message: "Customers", context: "how many" }), overview?.customers ?? 0],
    [t`Products`, overview?.products ?? 0],
    [t`Sales reps`, overview?.reps ?? 0],
    [t`Categories`, overview?.categories ?? 0],
  ];
  return (
    <>
      {days && (
        <p className={styles.note}>
          <Trans>Sales from {days}.</Trans>
        </p>
      )}
      <dl className={styles.tiles}>
        {counts
          .filter(([label, count], index) => count > 0 || index < 2 || label === REJECTED)
          .map(([label, count]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{formatInteger(count)}</dd>
            </div>
          ))}
        {report.totals.map(({ currency, net }) => (
          <div key={currency}>
            <dt>
              <Trans>Revenue in {currency}</Trans>
            </dt>
            <dd>{formatExact(net, { unit: "money", currency })}</dd>
          </div>
        ))}
      </dl>
      <Notes notes={[...(overview?.unusualTexts ?? []), ...report.noteTexts]} />
      {report.rowsRejected > 0 && (
        <div className={styles.row}>
          <RejectsButton
            jobId={jobId}
            name={report.source}
          >{t`Save the rejected rows`}</RejectsButton>
        </div>
      )}
      {overview && <Lines lines={overview.lines} />}
    </>
  );
}

const REJECTED = t`Rejected`;

export function Notes({ notes }: { readonly notes: readonly Said[] }) {
  if (notes.length === 0) return null;
  return (
    <div className={styles.note}>
      <strong>{t`Worth a look`}</strong>
      <ul>
        {notes.map((note) => (
          <li key={note.text}>{inWords(note)}</li>
        ))}
      </ul>
    </div>
  );
}

const KINDS: Readonly<Record<string, string>> = {
  sale: t`Sale`,
  return: t`Return`,
  correction: t`Correction`,
};

function Lines({ lines }: { readonly lines: readonly CheckedLine[] }) {
  const { zone } = useReporting();
  const money = (value: string | null, { currency }: CheckedLine) =>
    value === null ? null : formatExact(value, { unit: "money", currency });
  return (
    <div className={styles.preview}>
      <h4 className={styles.heading}>{t`The first lines`}</h4>
      <DataTable
        caption={t`The first lines as they would be booked`}
        rows={lines.map((line, index) => ({ ...line, index }))}
        rowKey={({ index }) => String(index)}
        columns={[
          { id: "order", header: t`Order`, isSortable: false, value: ({ order }) => order },
          {
            id: "at",
            header: t`At`,
            isSortable: false,
            value: ({ at }) => formatInstant(at, zone),
          },
          {
            id: "kind",
            header: t`Kind`,
            isSortable: false,
            value: ({ kind }) => KINDS[kind] ?? kind,
          },
          { id: "customer", header: t`Customer`, isSortable: false, value: (one) => one.customer },
          { id: "product", header: t`Product`, isSortable: false, value: (one) => one.product },
          {
            id: "quantity",
            header: t`Quantity`,
            numeric: true,
            isSortable: false,
            value: (one) => one.quantity,
            render: (one) => formatWritten(one.quantity),
          },
          {
            id: "gross",
            header: t`Amount`,
            numeric: true,
            isSortable: false,
            value: (one) => money(one.gross, one),
          },
          {
            id: "discount",
            header: t`Discount`,
            numeric: true,
            isSortable: false,
            value: (one) => money(one.discount, one),
          },
          {
            id: "cost",
            header: t`Cost`,
            numeric: true,
            isSortable: false,
            value: (one) => money(one.cost, one),
          },
        ]}
      />
    </div>
  );
}

interface OptionFieldsProps {
  readonly options: Options;
  readonly onOptions: (options: Options) => void;
}

const MODES = [
  ["", t`The file has new sales`, t`Orders that are known stay as they are.`],
  [
    "REPLACE",
    t`The file has whole orders: replace them`,
    t`What is booked of these orders and not in the file is taken back. For a corrected export or mapping.`,
  ],
  [
    "SNAPSHOT",
    t`The file is everything`,
    t`What is booked of this source and not in the file is taken back.`,
  ],
] as const;

/** What it means that the file lacks something, and what may be left out. */
export function OptionFields({ options, onOptions }: OptionFieldsProps) {
  return (
    <details className={styles.details}>
      <summary>{t`What the file stands for, and what may be left out`}</summary>
      <fieldset className={styles.stack}>
        <legend>{t`What the file is`}</legend>
        {MODES.map(([mode, title, meaning]) => (
          <label key={mode} className={styles.choice}>
            <input
              type="radio"
              name="mode"
              checked={options.mode === mode}
              onChange={() => onOptions({ ...options, mode })}
            />
            <span>
              {title}
              <small>{meaning}</small>
            </span>
          </label>
        ))}
        {options.mode === "SNAPSHOT" && (
          <label className={styles.choice}>
            <input
              type="checkbox"
              checked={options.ofFiles}
              onChange={({ target }) => onOptions({ ...options, ofFiles: target.checked })}
            />
            <span>
              {t`Only the days in the file`}
              <small>{t`Sales of other days stay.`}</small>
            </span>
          </label>
        )}
        {options.mode === "" && (
          <label className={styles.choice}>
            <input
              type="checkbox"
              checked={options.knownOrders === "EXTEND"}
              onChange={({ target }) =>
                onOptions({ ...options, knownOrders: target.checked ? "EXTEND" : "REFUSE" })
              }
            />
            <span>
              {t`Book new lines of known orders too`}
              <small>{t`For exports that add lines to orders that were imported before.`}</small>
            </span>
          </label>
        )}
      </fieldset>
      <div className={styles.fields}>
        <label className={styles.field}>
          <span>{t`Rows that may be left out`}</span>
          <input
            type="number"
            min={0}
            max={10_000}
            value={options.maxRejects}
            onChange={({ target }) =>
              onOptions({
                ...options,
                maxRejects: Math.min(10_000, Math.max(0, Math.trunc(target.valueAsNumber || 0))),
              })
            }
          />
          <span className={styles.samples}>{t`More stop the import`}</span>
        </label>
        {options.mode !== "" && (
          <label className={styles.field}>
            <span>{t`Lines that may be taken back`}</span>
            <input
              value={options.maxMissing}
              placeholder="5%"
              onChange={({ target }) => onOptions({ ...options, maxMissing: target.value })}
            />
            <span className={styles.samples}>{t`A number, or a share such as 10%`}</span>
          </label>
        )}
      </div>
    </details>
  );
}
