/** What the user says about a file, and how it becomes the arguments of the API: pure. */
import type {
  DateOrder,
  ImportAnswersInput,
  ImportMode,
  ImportOptionsInput,
  KnownOrders,
} from "../../../gql/graphql.ts";
import { NEEDED } from "./words.ts";

export interface Answers {
  readonly dates: DateOrder | "";
  readonly decimal: "." | "," | "";
  readonly currency: string;
  readonly zone: string;
  readonly source: string;
  /** The column of each field that the user chose; "" = none. */
  readonly columns: Readonly<Record<string, string>>;
}

export const NO_ANSWERS: Answers = {
  dates: "",
  decimal: "",
  currency: "",
  zone: "",
  source: "",
  columns: {},
};

export function answersInput(answers: Answers): ImportAnswersInput {
  return {
    dates: answers.dates || null,
    decimal: answers.decimal || null,
    currency: answers.currency.trim().toUpperCase() || null,
    zone: answers.zone.trim() || null,
    source: answers.source.trim() || null,
    columns: Object.entries(answers.columns).map(([field, column]) => ({
      field,
      column: column || null,
    })),
  };
}

export interface Options {
  readonly mode: Extract<ImportMode, "APPEND" | "REPLACE" | "SNAPSHOT"> | "";
  readonly knownOrders: KnownOrders;
  /** Whether a snapshot stands for the days in the file alone. */
  readonly ofFiles: boolean;
  readonly maxRejects: number;
  readonly maxMissing: string;
}

export const DEFAULT_OPTIONS: Options = {
  mode: "",
  knownOrders: "REFUSE",
  ofFiles: false,
  maxRejects: 0,
  maxMissing: "",
};

export function optionsInput(options: Options): ImportOptionsInput {
  return {
    mode: options.mode || null,
    knownOrders: options.knownOrders === "EXTEND" ? "EXTEND" : null,
    extent: options.mode === "SNAPSHOT" && options.ofFiles ? "files" : null,
    maxRejects: options.maxRejects,
    maxMissing: options.maxMissing.trim() || null,
  };
}

/** The needs that no column answers, each as the fields that would. */
export function missingFields(
  roles: readonly { readonly field: string; readonly column: string | null }[],
): readonly (readonly string[])[] {
  const found = new Set(roles.filter(({ column }) => column !== null).map(({ field }) => field));
  return NEEDED.filter((fields) => !fields.some((field) => found.has(field)));
}

/** A source's name: small letters, digits, and _ . - between them. */
export function isSourceName(text: string): boolean {
  return /^[a-z0-9][a-z0-9_.-]{0,62}$/.test(text);
}

/** The value of a line of a mapping, such as `  name: shop  # a comment`. */
export function mappingValue(mapping: string, field: string): string {
  return new RegExp(`^  ${field}: ([^#\\n]*?) *(?:#.*)?$`, "m").exec(mapping)?.[1]?.trim() ?? "";
}

/** The currency that a mapping states; empty where it names a column, by the mapping's own name. */
export function statedCurrency(mapping: string): string {
  const value = mappingValue(mapping, "currency");
  return /^[A-Z]{3}$/.test(value) ? value : "";
}
