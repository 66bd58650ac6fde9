import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { CustomerCohortsDocument, type CustomerCohortsQuery } from "../../gql/graphql.ts";
import { formatBucketShort } from "../../lib/dates.ts";
import { formatPercent, toCoordinate } from "../../lib/number.ts";
import { useChoice } from "../../state/location.ts";
import { Segmented } from "../../ui/Segmented.tsx";
import { ExportButton } from "../shared/ChartTools.tsx";
import { exportTable } from "../shared/exportTable.ts";
import { Panel } from "../shared/Panel.tsx";
import styles from "./CohortPanel.module.css";

const CHOICES = ["MONTH", "QUARTER", "WEEK"] as const;
const TITLES = { WEEK: "Week", MONTH: "Month", QUARTER: "Quarter" } as const;
const COHORTS = 12;

type Cohorts = CustomerCohortsQuery["customers"]["cohorts"];
type Cohort = Cohorts["cohorts"][number];

/** How many of the customers of a month come back in the months after it. */
export function CohortPanel() {
  const [granularity, choose] = useChoice("cohorts", CHOICES);
  const query = usePanelQuery(CustomerCohortsDocument, { granularity, count: COHORTS });
  const cohorts = query.data?.customers.cohorts;
  return (
    <Panel
      title="Retention by cohort"
      subtitle="By first order, the newest cohorts, whatever the range"
      query={query}
      height={260}
      computedAt={({ customers }) => customers.cohorts.asOf}
      empty={({ customers }) =>
        customers.cohorts.cohorts.length ? null : "Cohorts have not been computed yet."
      }
      tools={
        <>
          <Segmented
            name="Cohorts by"
            value={granularity}
            options={CHOICES.map((value) => ({ value, label: TITLES[value] }))}
            onChange={choose}
          />
          <ExportButton
            what="cohorts"
            isDisabled={cohorts === undefined}
            onExport={() => cohorts && exportCohorts(cohorts)}
          />
        </>
      }
    >
      {({ customers }) => <CohortTable cohorts={customers.cohorts} />}
    </Panel>
  );
}

function CohortTable({ cohorts: { cohorts, granularity } }: { readonly cohorts: Cohorts }) {
  const columns = Array.from({ length: widest(cohorts) }, (_, index) => index);
  return (
    <div className={styles.scroller}>
      <table className={styles.table}>
        <caption className="visually-hidden">Share of each cohort that ordered again</caption>
        <thead>
          <tr>
            <th scope="col">First order</th>
            <th scope="col">Customers</th>
            {columns.map((index) => (
              <th key={index} scope="col">
                {index}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cohorts.map((cohort) => (
            <tr key={cohort.start}>
              <th scope="row">{cohortName(cohort, granularity)}</th>
              <td>{cohort.size}</td>
              {columns.map((index) => (
                <Cell key={index} cohort={cohort} index={index} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ cohort, index }: { readonly cohort: Cohort; readonly index: number }) {
  const ratio = cohort.ratios[index];
  if (ratio == null) return <td />;
  const share = toCoordinate(ratio);
  const isRunning = cohort.partialFrom !== null && index >= cohort.partialFrom;
  return (
    <td
      className={styles.cell}
      data-running={isRunning}
      style={{ "--level": Math.min(1, share) }}
      title={`${cohort.values[index] ?? 0} customers${isRunning ? ", not complete yet" : ""}`}
    >
      {formatPercent(share, 0)}
      {isRunning && <span className="visually-hidden"> not complete yet</span>}
    </td>
  );
}

function widest(cohorts: readonly Cohort[]): number {
  return Math.max(
    0,
    ...cohorts.map(({ values }) => values.findLastIndex((value) => value !== null) + 1),
  );
}

function cohortName({ start }: Cohort, granularity: Cohorts["granularity"]): string {
  return formatBucketShort(`${start}T00:00:00Z`, granularity, "UTC", true);
}

function exportCohorts({ cohorts, granularity }: Cohorts): void {
  exportTable(
    "Retention by cohort",
    [
      { id: "start", header: "First order", value: (cohort) => cohortName(cohort, granularity) },
      { id: "size", header: "Customers", value: ({ size }) => String(size) },
      ...Array.from({ length: widest(cohorts) }, (_, index) => ({
        id: String(index),
        header: String(index),
        value: ({ values }: Cohort) => values[index] ?? null,
      })),
    ],
    cohorts,
  );
}
