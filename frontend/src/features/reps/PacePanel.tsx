import { plural, t } from "@lingui/core/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { type FragmentType, unmask } from "../../gql/fragment-masking.ts";
import { PacePartsFragmentDoc, RepPaceDocument, type RepPaceQuery } from "../../gql/graphql.ts";
import { formatCalendarDate } from "../../lib/dates.ts";
import { toNumber } from "../../lib/decimal.ts";
import { formatCompact, formatFixed, formatPercent } from "../../lib/numberFormat.ts";
import { useEnumParam } from "../../state/location.ts";
import type { Column } from "../../ui/DataTable.tsx";
import { DataTable } from "../../ui/DataTable.tsx";
import { SegmentedControl } from "../../ui/SegmentedControl.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { entityPath } from "../shared/entityPath.ts";
import layout from "../shared/layout.module.css";
import { Amount } from "../shared/metricColumns.tsx";
import { NameCell } from "../shared/NameCell.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useReporting } from "../shared/reporting.ts";
import { useViewVariables } from "../shared/viewVariables.ts";
import { BulletBar, bulletScale } from "./BulletBar.tsx";

const UNITS = ["MONTH", "QUARTER"] as const;
/** The API's maximum. */
const ROWS = 100;
const INITIAL_ROWS = 12;

type Pace = RepPaceQuery["reps"]["pace"];
type Row = Pace["rows"][number];

/** What is booked of the quotas of the month or the quarter, and what is expected at its end. */
export function PacePanel() {
  const [unit, setUnit] = useEnumParam("pace", UNITS);
  const { period, zone, filters } = useViewVariables();
  const query = usePanelQuery(RepPaceDocument, { period, zone, filters, unit, rows: ROWS });
  const { currency } = useReporting();
  const pace = query.data?.reps.pace;
  const rows = pace?.rows ?? [];
  const columns = paceColumns(rows, currency, pace?.state === "OVER");
  const title = unit === "MONTH" ? t`Pace of the month` : t`Pace of the quarter`;
  return (
    <Panel
      title={title}
      subtitle={pace ? paceHeadline(pace, currency) : null}
      query={query}
      height={300}
      empty={() => (rows.length ? null : t`No rep has a quota or sales in this time.`)}
      tools={
        <>
          <SegmentedControl
            name={t`Pace of`}
            value={unit}
            options={[
              { value: "MONTH", label: t`Month` },
              { value: "QUARTER", label: t`Quarter` },
            ]}
            onChange={setUnit}
          />
          <ExportButton
            file={title}
            of={pace && t`${pace.firstDay} to ${pace.lastDay}, as of ${pace.today}`}
            columns={columns}
            rows={rows}
          />
        </>
      }
    >
      {() =>
        pace && (
          <>
            <DataTable
              caption={title}
              columns={columns}
              rows={rows}
              rowKey={({ rep }) => rep.id}
              limit={INITIAL_ROWS}
            />
            <p className={layout.note}>{paceMethod(pace)}</p>
          </>
        )
      }
    </Panel>
  );
}

function figuresOf(masked: FragmentType<typeof PacePartsFragmentDoc>) {
  return unmask(PacePartsFragmentDoc, masked);
}

function ratio(value: string | null): number | null {
  return value === null ? null : toNumber(value);
}

function paceColumns(
  rows: readonly Row[],
  currency: string,
  isOver: boolean,
): readonly Column<Row>[] {
  const style = { unit: "money", currency } as const;
  const scale = bulletScale(
    rows.flatMap(({ figures }) => {
      const { attained, expectedAttained } = figuresOf(figures);
      return [ratio(attained), ratio(expectedAttained)];
    }),
  );
  return [
    {
      id: "name",
      header: t`Rep`,
      value: ({ rep }) => rep.name,
      render: ({ rep }) => <NameCell label={rep.name} path={entityPath("REP", rep.id)} />,
    },
    {
      id: "attained",
      header: t`Of the quota`,
      definition: t`Booked so far; the line is the quota, the hatched bar what is expected at the end`,
      numeric: true,
      value: ({ figures }) => figuresOf(figures).attained,
      render: ({ figures }) => {
        const { attained, expectedAttained } = figuresOf(figures);
        return (
          <BulletBar
            attained={ratio(attained)}
            expected={ratio(expectedAttained)}
            scale={scale}
            isWide={true}
          />
        );
      },
    },
    {
      id: "booked",
      header: t({ message: "Booked", context: "amount" }),
      numeric: true,
      value: ({ figures }) => figuresOf(figures).booked,
      render: ({ figures }, among) => (
        <Amount value={figuresOf(figures).booked} style={style} among={among} />
      ),
    },
    {
      id: "quota",
      header: t`Quota`,
      numeric: true,
      value: ({ figures }) => figuresOf(figures).quota,
      render: ({ figures }, among) => (
        <Amount value={figuresOf(figures).quota} style={style} among={among} />
      ),
    },
    {
      id: "expected",
      header: t`Expected`,
      definition: t`An estimate of the revenue at the end`,
      numeric: true,
      value: ({ figures }) => figuresOf(figures).expected,
      render: ({ figures }, among) => {
        const { expected } = figuresOf(figures);
        // What is booked of a time that is over is no estimate.
        if (isOver) return <Amount value={expected} style={style} among={among} />;
        return expected === null ? "–" : t`about ${formatFixed(expected, style, 0)}`;
      },
    },
    {
      id: "expectedAttained",
      header: t`At the end`,
      definition: t`Expected, as a share of the quota`,
      numeric: true,
      value: ({ figures }) => figuresOf(figures).expectedAttained,
      render: ({ figures }) => {
        const share = ratio(figuresOf(figures).expectedAttained);
        return share === null ? "–" : formatPercent(share, 0);
      },
    },
  ];
}

/** How far the time is, and the quotas of all reps together. */
function paceHeadline(pace: Pace, currency: string): string {
  const style = { unit: "money", currency } as const;
  const { quota, booked, attained, expected, expectedAttained } = figuresOf(pace.total);
  const [first, last] = [formatCalendarDate(pace.firstDay), formatCalendarDate(pace.lastDay)];
  const span =
    pace.daysLeft === 0
      ? t`${first} to ${last}, over`
      : plural(pace.daysLeft, {
          one: `${first} to ${last}, # day left, today included`,
          other: `${first} to ${last}, # days left, today included`,
        });
  if (quota === null || attained === null) return span;
  const [now, whole] = [formatCompact(booked, style), formatCompact(quota, style)];
  const share = formatPercent(toNumber(attained), 0);
  if (expected === null || expectedAttained === null || pace.state === "OVER") {
    return t`${span}: ${now} of ${whole} booked (${share})`;
  }
  const atEnd = formatCompact(expected, style);
  const shareAtEnd = formatPercent(toNumber(expectedAttained), 0);
  return t`${span}: ${now} of ${whole} booked (${share}), about ${atEnd} (${shareAtEnd}) at the end`;
}

/** How the end is estimated, or why it is not. */
function paceMethod({ state, weeks }: Pick<Pace, "state" | "weeks">): string {
  switch (state) {
    case "EXPECTED":
      return plural(weeks, {
        one: "Expected: what was booked until yesterday, and for each day left the average of its weekday over the last week; each rep’s part as in this week.",
        other:
          "Expected: what was booked until yesterday, and for each day left the average of its weekday over the last # weeks; each rep’s part as in these weeks.",
      });
    case "OVER":
      return t`The time is over, so nothing more is expected.`;
    case "EARLY":
      return t`Nothing is expected before three days are complete.`;
    case "SHORT_HISTORY":
      return t`Nothing is expected: the sales before are shorter than four weeks.`;
  }
}
