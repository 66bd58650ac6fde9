import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import type { JobPartsFragment } from "../../../gql/graphql.ts";
import { sayText } from "../../../i18n/said.ts";
import { isZone } from "../../../lib/dates.ts";
import { formatList, within } from "../../../lib/locale.ts";
import { DataTable } from "../../../ui/DataTable.tsx";
import { useReporting } from "../../shared/reporting.ts";
import {
  type Answers,
  isSourceName,
  mappingValue,
  missingFields,
  statedCurrency,
} from "./answers.ts";
import styles from "./wizard.module.css";
import { FIELD_TITLES, formatWritten, inWords, PREVIEW_TITLES } from "./words.ts";

type Inspection = NonNullable<JobPartsFragment["inspection"]>;

interface ColumnsStepProps {
  readonly inspection: Inspection;
  readonly answers: Answers;
  readonly onAnswers: (answers: Answers) => void;
  /** The mapping as the user wrote it; `null` while it follows the answers. */
  readonly ownMapping: string | null;
  readonly onOwnMapping: (text: string | null) => void;
  /** Whether an inspection with the latest answers is under way. */
  readonly isStale: boolean;
}

/** What was understood of a file, and the controls that correct it. */
export function ColumnsStep(props: ColumnsStepProps) {
  const { inspection, answers, onAnswers, ownMapping, isStale } = props;
  const isOwn = ownMapping !== null;
  return (
    <>
      <Understood inspection={inspection} />
      {inspection.questionTexts.length > 0 && (
        <div className={styles.question} role="status">
          <strong>{t`Please say`}</strong>
          <ul>
            {inspection.questionTexts.map((question) => (
              <li key={question.text}>{inWords(question)}</li>
            ))}
          </ul>
        </div>
      )}
      {!isOwn && (
        <>
          <WritingFields inspection={inspection} answers={answers} onAnswers={onAnswers} />
          {inspection.roles.length > 0 && (
            <RoleFields inspection={inspection} answers={answers} onAnswers={onAnswers} />
          )}
        </>
      )}
      {!isOwn && <FirstRows inspection={inspection} isStale={isStale} />}
      <MappingText {...props} />
    </>
  );
}

/** Facts that are shown, by the server's names for them. */
const FACTS: Readonly<Record<string, string>> = {
  "known export": t`Known export`,
  file: t`File`,
  numbers: t`Numbers`,
  dates: t`Dates`,
  currency: t`Currency`,
  "a row": t`A row`,
  orders: t`Orders`,
  customers: t`Customers`,
  products: t`Products`,
  "a row of totals": t`A row of totals`,
  "not used": t`Not used`,
};

function Understood({ inspection }: { readonly inspection: Inspection }) {
  const facts = inspection.facts.filter(({ label }) => Object.hasOwn(FACTS, label));
  return (
    <dl className={styles.facts}>
      {facts.map(({ label, saidText }) => (
        <div key={label} style={{ display: "contents" }}>
          <dt>{FACTS[label]}</dt>
          <dd>{sayText(saidText)}</dd>
        </div>
      ))}
    </dl>
  );
}

type PartProps = Pick<ColumnsStepProps, "inspection" | "answers" | "onAnswers">;

function WritingFields({ inspection, answers, onAnswers }: PartProps) {
  const { currency, reportingZone } = useReporting();
  const mapping = inspection.mapping ?? "";
  const isKnown = inspection.knownExport !== null;
  const currencyColumn = inspection.roles.find(({ field }) => field === "currency")?.column;
  const source = answers.source || mappingValue(mapping, "name");
  return (
    <fieldset className={styles.fields}>
      <legend>{t`How the file is written`}</legend>
      {!isKnown && (
        <>
          <label className={styles.field}>
            <span>{t`Dates such as 03/02/2026`}</span>
            <select
              value={answers.dates}
              onChange={({ target }) =>
                onAnswers({ ...answers, dates: target.value as Answers["dates"] })
              }
            >
              <option value="">{t`As the file shows`}</option>
              <option value="DAY_FIRST">{t`Day first: 3 February`}</option>
              <option value="MONTH_FIRST">{t`Month first: March 2`}</option>
            </select>
          </label>
          <label className={styles.field}>
            <span>{t`Decimal separator`}</span>
            <select
              value={answers.decimal}
              onChange={({ target }) =>
                onAnswers({ ...answers, decimal: target.value as Answers["decimal"] })
              }
            >
              <option value="">{t`As the file shows`}</option>
              <option value=".">{t`Point: 1,234.50`}</option>
              <option value=",">{t`Comma: 1.234,50`}</option>
            </select>
          </label>
        </>
      )}
      <TextField
        label={t`Currency`}
        value={answers.currency}
        placeholder={
          statedCurrency(mapping) ||
          (currencyColumn ? t`as in ${currencyColumn}` : t`such as ${currency}`)
        }
        problem={(text) => (/^[A-Za-z]{3}$/.test(text) ? null : t`Three letters, such as EUR`)}
        onText={(text) => onAnswers({ ...answers, currency: text })}
      />
      <TextField
        label={t`Time zone of its times`}
        value={answers.zone}
        placeholder={mappingValue(mapping, "zone") || reportingZone}
        problem={(text) => (isZone(text) ? null : t`An IANA name, such as Europe/Berlin`)}
        onText={(text) => onAnswers({ ...answers, zone: text })}
      />
      {!isKnown && (
        <TextField
          label={t`Name of the source`}
          value={answers.source}
          placeholder={source}
          hint={t`The same for each export of this shop`}
          problem={(text) =>
            isSourceName(text) ? null : t`Small letters, digits, and . _ - between them`
          }
          onText={(text) => onAnswers({ ...answers, source: text })}
        />
      )}
    </fieldset>
  );
}

interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly placeholder: string;
  readonly hint?: string;
  /** What is wrong with a text; `null` = nothing. */
  readonly problem: (text: string) => string | null;
  readonly onText: (text: string) => void;
}

/** A text that is taken when it is complete: on Enter, or when the field is left. */
function TextField({ label, value, placeholder, hint, problem, onText }: TextFieldProps) {
  const [typed, setTyped] = useState(value);
  const text = typed.trim();
  const wrong = text === "" ? null : problem(text);
  function take() {
    if (wrong === null && text !== value) onText(text);
  }
  return (
    <label className={styles.field}>
      <span>{label}</span>
      <input
        value={typed}
        placeholder={placeholder}
        aria-invalid={wrong !== null}
        onChange={({ target }) => setTyped(target.value)}
        onBlur={take}
        onKeyDown={({ key }) => {
          if (key === "Enter") take();
        }}
      />
      <span className={styles.samples} role={wrong === null ? undefined : "alert"}>
        {wrong ?? hint}
      </span>
    </label>
  );
}

const NEEDED_MARK = t`(needed)`;

/** Shown also without a column; the others are a click away. */
const USUAL = new Set(["at", "key", "sku", "name", "quantity", "gross", "price", "customer"]);

function RoleFields(props: PartProps) {
  const { roles } = props.inspection;
  // What was found at first stays where it is while the user chooses.
  const [usual] = useState(
    () =>
      new Set([...USUAL, ...roles.filter(({ column }) => column !== null).map((one) => one.field)]),
  );
  const others = roles.filter(({ field }) => !usual.has(field));
  return (
    <>
      <fieldset className={styles.fields}>
        <legend>{t`Which column is what`}</legend>
        <RoleSelects {...props} roles={roles.filter(({ field }) => usual.has(field))} />
      </fieldset>
      {others.length > 0 && (
        <details className={styles.details}>
          <summary>
            {t`More: ${formatList(others.map(({ field }) => within(FIELD_TITLES[field] ?? field)))}`}
          </summary>
          <fieldset className={styles.fields}>
            <legend className="visually-hidden">{t`More fields`}</legend>
            <RoleSelects {...props} roles={others} />
          </fieldset>
        </details>
      )}
    </>
  );
}

interface RoleSelectsProps extends PartProps {
  readonly roles: Inspection["roles"];
}

function RoleSelects({ inspection, answers, onAnswers, roles }: RoleSelectsProps) {
  const missing = new Set(missingFields(inspection.roles).flat());
  const samples = new Map(inspection.columns.map(({ name, samples: some }) => [name, some]));
  return (
    <>
      {roles.map(({ field, column }) => {
        const chosen = answers.columns[field] ?? column ?? "";
        return (
          <label key={field} className={styles.field} data-missing={missing.has(field)}>
            <span>
              {FIELD_TITLES[field] ?? field}
              {missing.has(field) && ` ${NEEDED_MARK}`}
            </span>
            <select
              value={chosen}
              onChange={({ target }) =>
                onAnswers({ ...answers, columns: { ...answers.columns, [field]: target.value } })
              }
            >
              <option value="">–</option>
              {inspection.columns.map(({ name }) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
            <span className={styles.samples}>{samples.get(chosen)?.join(" · ")}</span>
          </label>
        );
      })}
    </>
  );
}

interface PreviewRow {
  readonly index: string;
  readonly values: ReadonlyMap<string, string>;
}

const NUMBERS = /^(quantity|gross|discount|cost)$/;

interface FirstRowsProps {
  readonly inspection: Inspection;
  readonly isStale: boolean;
}

function FirstRows({ inspection, isStale }: FirstRowsProps) {
  const names = [...new Set(inspection.rows.flatMap((row) => row.map(({ label }) => label)))];
  const rows = inspection.rows.map((row, index) => ({
    index: String(index),
    values: new Map(row.map(({ label, text }) => [label, text])),
  }));
  if (names.length === 0) return null;
  return (
    <div className={styles.preview} data-stale={isStale} aria-busy={isStale}>
      <h4 className={styles.heading}>{t`The first rows as they would be booked`}</h4>
      <DataTable
        caption={t`The first rows as they would be booked`}
        rows={rows}
        rowKey={({ index }) => index}
        columns={names.map((name) => ({
          id: name,
          header: PREVIEW_TITLES[name] ?? name,
          isSortable: false,
          numeric: NUMBERS.test(name),
          value: (row: PreviewRow) => row.values.get(name) ?? null,
          ...(NUMBERS.test(name) && {
            render: ({ values }: PreviewRow) =>
              formatWritten(values.get(name) ?? "–", name === "quantity" ? 0 : 2),
          }),
        }))}
      />
      {inspection.rejected > 0 && (
        <div className={styles.note}>
          <strong>
            {plural(inspection.rejected, {
              one: "# row could not be booked so:",
              other: "# rows could not be booked so:",
            })}
          </strong>
          <ul>
            {inspection.rejects.slice(0, 3).map(({ row, column, value, reasonText }) => (
              <li key={`${row}-${column}`}>
                {column === "" ? (
                  <Trans>
                    Row {row}: {sayText(reasonText)}: “{value}”
                  </Trans>
                ) : (
                  <Trans>
                    Row {row} ({column}): {sayText(reasonText)}: “{value}”
                  </Trans>
                )}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

function MappingText({ inspection, ownMapping, onOwnMapping }: ColumnsStepProps) {
  const text = ownMapping ?? inspection.mapping;
  if (text === null) return null;
  return (
    <details className={styles.details} open={ownMapping !== null || undefined}>
      <summary>{t`The mapping as text, for what cannot be chosen above`}</summary>
      <textarea
        className={styles.text}
        aria-label={t`The mapping`}
        spellCheck={false}
        value={text}
        onChange={({ target }) => onOwnMapping(target.value)}
      />
      {ownMapping !== null && (
        <button
          type="button"
          className={styles.button}
          onClick={() => onOwnMapping(null)}
        >{t`Discard what I wrote, and choose above`}</button>
      )}
    </details>
  );
}
