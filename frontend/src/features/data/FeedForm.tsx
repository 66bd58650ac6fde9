import { useMutation } from "@apollo/client/react";
import { t } from "@lingui/core/macro";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { describeError } from "../../api/errors.ts";
import { AddFeedDocument } from "../../gql/graphql.ts";
import styles from "./data.module.css";
import {
  canFollow,
  type FeedFields,
  feedInput,
  KNOWN_EXPORTS,
  SCHEDULES,
  sendsEvents,
  usualSchedule,
} from "./feed.ts";

const EMPTY: FeedFields = {
  name: "",
  address: "",
  source: "",
  known: KNOWN_EXPORTS[0],
  mapping: "",
  schedule: usualSchedule(false),
  follows: false,
  credential: "",
};

/** A new feed. */
export function FeedForm({ onDone }: { readonly onDone: (isAdded: boolean) => void }) {
  const [fields, setFields] = useState(EMPTY);
  const [add, { error, loading }] = useMutation(AddFeedDocument);
  const change = (changes: Partial<FeedFields>) => setFields({ ...fields, ...changes });

  async function submit(event: FormEvent) {
    event.preventDefault();
    const { data } = await add({
      variables: { feed: feedInput(fields) },
      // The form shows it.
      errorPolicy: "all",
    }).catch(() => ({ data: null }));
    if (data) onDone(true);
  }

  return (
    <form className={styles.feed} onSubmit={submit} aria-label={t`New feed`}>
      <Text label={t`Name`} value={fields.name} onChange={(name) => change({ name })} />
      <Text
        label={t`Reads from`}
        placeholder={"s3://bucket/folder/*.csv"}
        hint={t`folder:…, s3://…, https://…, postgresql://… or mysql://…, without credentials; webhook:shopify, webhook:woocommerce or webhook:stripe. The changes of a postgresql:// database can be followed.`}
        value={fields.address}
        onChange={(address) => change({ address })}
      />
      {canFollow(fields.address) && (
        <Field
          label={t`Follow changes`}
          hint={t`Rows that are changed or deleted there are noticed. The first reading says what the database needs for that.`}
        >
          {(id) => (
            <input
              id={id}
              type="checkbox"
              checked={fields.follows}
              onChange={({ target: { checked } }) =>
                change({ follows: checked, schedule: usualSchedule(checked) })
              }
            />
          )}
        </Field>
      )}
      <Text
        label={t`Source of its sales`}
        value={fields.source}
        onChange={(source) => change({ source })}
      />
      {!sendsEvents(fields.address) && <Reading fields={fields} change={change} />}
      <Text
        label={t`Credential`}
        hint={t`The name of a file of the administrator; empty where none is needed`}
        isOptional={true}
        value={fields.credential}
        onChange={(credential) => change({ credential })}
      />
      {error && (
        <p role="alert" className={styles.warn}>
          {describeError(error).detail}
        </p>
      )}
      <div className={styles.buttons}>
        <button
          type="button"
          className={styles.small}
          onClick={() => onDone(false)}
        >{t`Cancel`}</button>
        <button
          type="submit"
          className={styles.small}
          disabled={loading}
        >{t`Add and read now`}</button>
      </div>
    </form>
  );
}

interface ReadingProps {
  readonly fields: FeedFields;
  readonly change: (changes: Partial<FeedFields>) => void;
}

/** How a source is read, and when. */
function Reading({ fields, change }: ReadingProps) {
  return (
    <>
      <Field label={t`What it has`}>
        {(id) => (
          <select
            id={id}
            value={fields.known}
            onChange={({ target }) => change({ known: target.value })}
          >
            {KNOWN_EXPORTS.map((name) => (
              <option key={name}>{name}</option>
            ))}
            <option value="">{t`something else: by a mapping`}</option>
          </select>
        )}
      </Field>
      {fields.known === "" && (
        <Field label={t`Mapping`}>
          {(id) => (
            <textarea
              id={id}
              required={true}
              rows={8}
              spellCheck={false}
              value={fields.mapping}
              onChange={({ target }) => change({ mapping: target.value })}
            />
          )}
        </Field>
      )}
      <Field label={t({ message: "When", context: "a feed is read" })}>
        {(id) => (
          <select
            id={id}
            value={fields.schedule}
            onChange={({ target }) => change({ schedule: target.value })}
          >
            {SCHEDULES.map(([title, cron]) => (
              <option key={cron} value={cron}>
                {title}
              </option>
            ))}
          </select>
        )}
      </Field>
    </>
  );
}

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly children: (id: string) => ReactNode;
}

function Field({ label, hint, children }: FieldProps) {
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <div>
        {children(id)}
        {hint !== undefined && <p className={styles.muted}>{hint}</p>}
      </div>
    </>
  );
}

interface TextProps {
  readonly label: string;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly isOptional?: boolean;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Text({ label, hint, placeholder, isOptional = false, value, onChange }: TextProps) {
  return (
    <Field label={label} {...(hint === undefined ? {} : { hint })}>
      {(id) => (
        <input
          id={id}
          required={!isOptional}
          placeholder={placeholder}
          value={value}
          onChange={({ target }) => onChange(target.value)}
        />
      )}
    </Field>
  );
}
