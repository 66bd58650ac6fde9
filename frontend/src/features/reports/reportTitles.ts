/** What a report's page, range and condition are called. */
import { t } from "@lingui/core/macro";
import type { AlertCondition, PeriodPreset } from "../../gql/graphql.ts";
import { PRESET_TITLES } from "../../state/titles.ts";
import { PRESETS, type Preset } from "../../state/view.ts";
import { PAGE_TITLES } from "../shared/pageTitles.ts";

/** Ranges that a new report can have. */
export const REPORT_RANGES: readonly PeriodPreset[] = [
  "YESTERDAY",
  "LAST_7_DAYS",
  "LAST_28_DAYS",
  "LAST_WEEK",
  "MONTH_TO_DATE",
  "LAST_MONTH",
  "LAST_QUARTER",
  "YEAR_TO_DATE",
];

const CONDITIONS: Readonly<Record<AlertCondition, string>> = {
  ABOVE: t`is above`,
  BELOW: t`is below`,
  RISES: t`rises by more than (%)`,
  FALLS: t`falls by more than (%)`,
};

export function presetTitle(preset: string): string {
  const name = (Object.keys(PRESETS) as Preset[]).find((known) => PRESETS[known] === preset);
  return name === undefined ? preset : PRESET_TITLES[name];
}

export function pageTitle(name: string): string {
  const titles: Readonly<Record<string, string>> = PAGE_TITLES;
  return titles[name === "overview" ? "/" : `/${name}`] ?? name;
}

export function conditionTitle(condition: string): string {
  const titles: Readonly<Record<string, string>> = CONDITIONS;
  return titles[condition] ?? condition;
}
