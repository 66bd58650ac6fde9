import { t } from "@lingui/core/macro";
import type {
  AlertCondition,
  MetricId,
  PeriodPreset,
  ReportChannel,
  ReportFormat,
  ReportInput,
} from "../../gql/graphql.ts";
import type { ViewVariables } from "../shared/viewVariables.ts";

/** The fields of the form, as they are typed. */
export interface ReportFields {
  readonly name: string;
  readonly page: string;
  readonly preset: PeriodPreset;
  readonly channel: ReportChannel;
  /** Separated by commas or line ends. */
  readonly targets: string;
  readonly schedule: string;
  readonly formats: readonly ReportFormat[];
  readonly isAlert: boolean;
  readonly metric: MetricId;
  readonly condition: AlertCondition;
  /** Of a change in per cent, as people say it. */
  readonly threshold: string;
}

export const SCHEDULES: readonly (readonly [string, string])[] = [
  [t`Each day at 7:00`, "0 7 * * *"],
  [t`On weekdays at 7:00`, "0 7 * * MON-FRI"],
  [t`Each Monday at 7:00`, "0 7 * * MON"],
  [t`On the first of each month at 7:00`, "0 7 1 * *"],
  [t`Each hour`, "0 * * * *"],
];

/** What the API takes; filters and zone are those of the page. */
export function reportInput(
  fields: ReportFields,
  { filters, zone }: Pick<ViewVariables, "filters" | "zone">,
): ReportInput {
  const isChange = fields.condition === "RISES" || fields.condition === "FALLS";
  return {
    name: fields.name.trim(),
    page: fields.page,
    preset: fields.preset,
    channel: fields.channel,
    targets: fields.targets
      .split(/[\s,]+/)
      .map((target) => target.trim())
      .filter((target) => target !== ""),
    schedule: fields.schedule,
    formats: fields.channel === "SLACK" ? [] : [...fields.formats],
    filters,
    zone,
    alert: fields.isAlert
      ? {
          metric: fields.metric,
          condition: fields.condition,
          threshold: isChange ? hundredth(fields.threshold) : fields.threshold.trim(),
        }
      : null,
  };
}

/** A percentage as a ratio, by its digits: 0.29 has no exact binary form. */
function hundredth(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text.trim());
  if (match === null) return text.trim();
  const [, sign = "", whole = "0", fraction = ""] = match;
  const digits = whole.padStart(3, "0");
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}${fraction}`;
}
