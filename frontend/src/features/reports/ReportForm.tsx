import { useMutation } from "@apollo/client/react";
import { t } from "@lingui/core/macro";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { describeError } from "../../api/errors.ts";
import {
  type AlertCondition,
  CreateReportDocument,
  type MetricId,
  type ReportChannel,
  type ReportFormat,
} from "../../gql/graphql.ts";
import { useReporting } from "../shared/reporting.ts";
import { useViewVariables } from "../shared/viewVariables.ts";
import { type ReportFields, reportInput, SCHEDULES } from "./reportInput.ts";
import styles from "./reports.module.css";
import { conditionTitle, pageTitle, presetTitle, REPORT_RANGES } from "./reportTitles.ts";

interface ReportFormProps {
  readonly page: string;
  readonly onDone: (isMade: boolean) => void;
}

const CHANNELS: readonly (readonly [string, ReportChannel])[] = [
  [t`E-mail`, "EMAIL"],
  ["Slack", "SLACK"],
  [t`Webhook`, "WEBHOOK"],
];
const CONDITIONS: readonly AlertCondition[] = ["ABOVE", "BELOW", "RISES", "FALLS"];
const PAGES = ["overview", "products", "customers", "reps", "orders", "profitability"];
const FORMATS: readonly ReportFormat[] = ["PDF", "XLSX"];
const CONTEXT = { onFresh: () => undefined };

/** A new report, over the filters and the zone of the page behind. */
export function ReportForm({ page, onDone }: ReportFormProps) {
  const { metrics } = useReporting();
  const view = useViewVariables();
  const [fields, setFields] = useState<ReportFields>({
    name: "",
    page,
    preset: "YESTERDAY",
    channel: "EMAIL",
    targets: "",
    schedule: "0 7 * * *",
    formats: ["PDF"],
    isAlert: false,
    metric: "REVENUE",
    condition: "FALLS",
    threshold: "20",
  });
  const [create, { error, loading }] = useMutation(CreateReportDocument, { context: CONTEXT });
  const change = (changes: Partial<ReportFields>) => setFields({ ...fields, ...changes });

  async function submit(event: FormEvent) {
    event.preventDefault();
    const { data } = await create({
      variables: { report: reportInput(fields, view) },
      // The form shows it.
      errorPolicy: "all",
    }).catch(() => ({ data: null }));
    if (data) onDone(true);
  }

  return (
    <form className={styles.form} onSubmit={submit}>
      <Field label={t`Name`}>
        {(id) => (
          <input
            id={id}
            required={true}
            maxLength={100}
            value={fields.name}
            onChange={(event) => change({ name: event.target.value })}
          />
        )}
      </Field>
      <Choice
        label={t`Page`}
        value={fields.page}
        options={PAGES.map((name) => [pageTitle(name), name])}
        onChange={(chosen) => change({ page: chosen })}
      />
      <Choice
        label={t`Range`}
        value={fields.preset}
        options={REPORT_RANGES.map((preset) => [presetTitle(preset), preset])}
        onChange={(preset) => change({ preset })}
      />
      <Choice
        label={t`When`}
        value={fields.schedule}
        options={SCHEDULES}
        onChange={(schedule) => change({ schedule })}
      />
      <Choice
        label={t`By`}
        value={fields.channel}
        options={CHANNELS}
        onChange={(channel) => change({ channel })}
      />
      <Field label={fields.channel === "EMAIL" ? t`Addresses` : "URLs"}>
        {(id) => (
          <textarea
            id={id}
            required={true}
            rows={2}
            value={fields.targets}
            onChange={(event) => change({ targets: event.target.value })}
          />
        )}
      </Field>
      {fields.channel !== "SLACK" && (
        <fieldset>
          <legend>{t`Files`}</legend>
          {FORMATS.map((format) => (
            <label key={format}>
              <input
                type="checkbox"
                checked={fields.formats.includes(format)}
                onChange={({ target }) =>
                  change({
                    formats: FORMATS.filter((one) =>
                      one === format ? target.checked : fields.formats.includes(one),
                    ),
                  })
                }
              />{" "}
              {format}
            </label>
          ))}
        </fieldset>
      )}
      <fieldset>
        <legend>{t`Condition`}</legend>
        <label>
          <input
            type="checkbox"
            checked={fields.isAlert}
            onChange={({ target }) => change({ isAlert: target.checked })}
          />{" "}
          {t`Send only when a figure crosses a value`}
        </label>
        {fields.isAlert && (
          <>
            <Choice
              label={t`Figure`}
              value={fields.metric}
              options={[...metrics.values()].map(({ id, title }) => [title, id as MetricId])}
              onChange={(metric) => change({ metric })}
            />
            <Choice
              label={t`Crosses`}
              value={fields.condition}
              options={CONDITIONS.map((one) => [conditionTitle(one), one])}
              onChange={(condition) => change({ condition })}
            />
            <Field label={t`Value`}>
              {(id) => (
                <input
                  id={id}
                  required={true}
                  inputMode="decimal"
                  pattern="-?[0-9]+(\.[0-9]+)?"
                  value={fields.threshold}
                  onChange={(event) => change({ threshold: event.target.value })}
                />
              )}
            </Field>
          </>
        )}
      </fieldset>
      {error && <p role="alert">{describeError(error).detail}</p>}
      <div className={styles.tools}>
        <button type="submit" disabled={loading}>{t`Keep`}</button>
        <button type="button" onClick={() => onDone(false)}>{t`Cancel`}</button>
      </div>
    </form>
  );
}

interface FieldProps {
  readonly label: string;
  readonly children: (id: string) => ReactNode;
}

function Field({ label, children }: FieldProps) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      {children(id)}
    </div>
  );
}

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [string, Value])[];
  readonly onChange: (value: Value) => void;
}

function Choice<Value extends string>({ label, value, options, onChange }: ChoiceProps<Value>) {
  return (
    <Field label={label}>
      {(id) => (
        <select id={id} value={value} onChange={(event) => onChange(event.target.value as Value)}>
          {options.map(([title, one]) => (
            <option key={one} value={one}>
              {title}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
