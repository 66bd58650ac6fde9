/**
 * What the server says to people, in the page's language: by its code and values, else in English.
 *
 * The module waits for its catalogue, so it belongs to what is loaded when it is needed.
 */
import type { Messages } from "@lingui/core";
import { formatCalendarDate } from "../lib/dates.ts";
import { formatList, IS_RIGHT_TO_LEFT, LANGUAGE } from "../lib/locale.ts";
import { i18n } from "./i18n.ts";

type Value = string | number | Said | { readonly day: string } | readonly Value[];

/** A sentence of the server; `SaidText` in the schema. */
export interface Said {
  /** In English. */
  readonly text: string;
  /** What it says; empty where it is known in English alone, or is several sentences. */
  readonly code: string;
  readonly values: Readonly<Record<string, Value>>;
}

type Catalogue = () => Promise<{ readonly messages: Messages }>;

const CATALOGUES: Readonly<Record<typeof LANGUAGE, Catalogue | null>> = {
  en: null,
  de: () => import("./server/de.po"),
  ar: () => import("./server/ar.po"),
  ja: () => import("./server/ja.po"),
  pseudo: () => import("./server/pseudo.po"),
};

const catalogue = await CATALOGUES[LANGUAGE]?.();
if (catalogue) i18n.load(LANGUAGE, catalogue.messages);

/** The sentence in the page's language, or in English where its code is not known. */
export function sayText({ text, code, values }: Said): string {
  const sentences = joined(code, values);
  if (sentences) return sentences.map(said).join(" ");
  if (!isKnown(code)) return text;
  return i18n._(
    code,
    Object.fromEntries(Object.entries(values).map(([name, one]) => [name, said(one)])),
  );
}

/** Whether the page's language has the sentence. */
export function isSaid({ code, values }: Said): boolean {
  return LANGUAGE === "en" || isKnown(code) || joined(code, values) !== null;
}

/** Sentences one after another; they have no code, as one sentence with any values has. */
function joined(code: string, { parts }: Said["values"]): readonly Value[] | null {
  return code === "" && parts !== undefined && isList(parts) ? parts : null;
}

function isKnown(code: string): boolean {
  return Object.hasOwn(i18n.messages, code);
}

/** A value as the sentence has it; a number stays one, for plurals. */
function said(value: Value): string | number {
  if (typeof value === "number") return value;
  if (typeof value === "string") return isolated(value);
  if (isList(value)) return formatList(value.map((one) => String(said(one))));
  return "day" in value ? formatCalendarDate(value.day) : sayText(value);
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** A path, name or command keeps its direction within a sentence from right to left. */
function isolated(text: string): string {
  return IS_RIGHT_TO_LEFT ? `\u2068${text}\u2069` : text;
}
