import { plural, t } from "@lingui/core/macro";
import type { ChartModel } from "../../charts/model.ts";
import type { CustomerCohortsQuery } from "../../gql/graphql.ts";
import { formatBucketShort } from "../../lib/dates.ts";
import { formatCompact, formatExact } from "../../lib/numberFormat.ts";

type Cohorts = CustomerCohortsQuery["customers"]["cohorts"];
type Cohort = Cohorts["cohorts"][number];

/** Of the newest cohorts beside the average, which has the first one. */
const COLORS = ["3", "4", "5", "previous"] as const;
/** Fewer make no curve. */
const LEAST_PERIODS = 3;
const STYLE = { unit: "ratio", currency: "" } as const;

/** The average of all cohorts and the newest ones with a curve; incomplete periods are left out. */
export function cohortCurves({ cohorts, granularity, averageRetention }: Cohorts): ChartModel {
  const curves = cohorts
    .map((cohort) => ({ cohort, values: completeRatios(cohort) }))
    .filter(({ values }) => values.length >= LEAST_PERIODS)
    .slice(-COLORS.length);
  const count = Math.max(averageRetention.length, ...curves.map(({ values }) => values.length));
  const periods = Array.from({ length: count }, (_, index) => index);
  const filled = (values: readonly string[]) => periods.map((index) => values[index] ?? null);
  return {
    kind: "line",
    pointHeader: sinceText(granularity),
    labels: periods.map(String),
    titles: periods.map((index) => laterText(granularity, index)),
    series: [
      {
        id: "average",
        name: t`All cohorts shown`,
        color: "current",
        values: filled(averageRetention),
      },
      ...curves.map(({ cohort, values }, index) => ({
        id: cohort.start,
        name: cohortName(cohort, granularity),
        color: COLORS[index] ?? "previous",
        values: filled(values),
      })),
    ],
    unfinishedFrom: null,
    exact: (value) => formatExact(value, STYLE),
    compact: (value) => formatCompact(value, STYLE),
  };
}

function sinceText(granularity: Cohorts["granularity"]): string {
  switch (granularity) {
    case "WEEK":
      return t`Since the first order, weeks`;
    case "QUARTER":
      return t`Since the first order, quarters`;
    default:
      return t`Since the first order, months`;
  }
}

function laterText(granularity: Cohorts["granularity"], later: number): string {
  switch (granularity) {
    case "WEEK":
      return later === 0
        ? t`The week of the first order`
        : plural(later, { one: "# week later", other: "# weeks later" });
    case "QUARTER":
      return later === 0
        ? t`The quarter of the first order`
        : plural(later, { one: "# quarter later", other: "# quarters later" });
    default:
      return later === 0
        ? t`The month of the first order`
        : plural(later, { one: "# month later", other: "# months later" });
  }
}

function completeRatios({ ratios, partialFrom }: Cohort): readonly string[] {
  const known = ratios.slice(0, partialFrom ?? ratios.length);
  return known.filter((ratio) => ratio !== null);
}

/** The number of periods of the oldest cohort. */
export function periodCount(cohorts: readonly Cohort[]): number {
  return Math.max(
    0,
    ...cohorts.map(({ values }) => values.findLastIndex((value) => value !== null) + 1),
  );
}

export function cohortName({ start }: Cohort, granularity: Cohorts["granularity"]): string {
  return formatBucketShort(`${start}T00:00:00Z`, granularity, "UTC", true);
}
