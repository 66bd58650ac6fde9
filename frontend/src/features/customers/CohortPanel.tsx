import { plural, t } from "@lingui/core/macro";
import { useState } from "react";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { ChartFigure } from "../../charts/ChartFigure.tsx";
import { CustomerCohortsDocument, type CustomerCohortsQuery } from "../../gql/graphql.ts";
import { toNumber } from "../../lib/decimal.ts";
import { LOCALE } from "../../lib/locale.ts";
import { formatPercent } from "../../lib/numberFormat.ts";
import { useEnumParam } from "../../state/location.ts";
import { GRANULARITY_TITLES } from "../../state/titles.ts";
import type { Column } from "../../ui/DataTable.tsx";
import { Scroller } from "../../ui/Scroller.tsx";
import { SegmentedControl } from "../../ui/SegmentedControl.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { Panel } from "../shared/Panel.tsx";
import { TableToggle } from "../shared/TableToggle.tsx";
import { WHOLE_HISTORY } from "../shared/useFileNotes.ts";
import styles from "./CohortPanel.module.css";
import { cohortCurves, cohortName, periodCount } from "./cohortCurves.ts";
import { COHORT_UNITS, cohortGroup } from "./customerGroup.ts";
import { GroupLink } from "./GroupLink.tsx";

const COHORTS = 12;
const CURVE_HEIGHT = 260;

type Cohorts = CustomerCohortsQuery["customers"]["cohorts"];
type Cohort = Cohorts["cohorts"][number];

/** The share of each cohort of customers that orders again, by period after the first order. */
export function CohortPanel() {
  const [granularity, setGranularity] = useEnumParam("cohorts", COHORT_UNITS);
  const query = usePanelQuery(CustomerCohortsDocument, { granularity, count: COHORTS });
  const cohorts = query.data?.customers.cohorts;
  const [asTable, setAsTable] = useState(true);
  return (
    <Panel
      title={t`Retention by cohort`}
      subtitle={t`The newest cohorts by first order, independent of the range`}
      query={query}
      height={260}
      computedAt={({ customers }) => customers.cohorts.asOf}
      empty={({ customers }) =>
        customers.cohorts.cohorts.length ? null : t`Cohorts have not been computed yet.`
      }
      tools={
        <>
          <SegmentedControl
            name={t`Cohorts by`}
            value={granularity}
            options={COHORT_UNITS.map((value) => ({ value, label: GRANULARITY_TITLES[value] }))}
            onChange={setGranularity}
          />
          <TableToggle asTable={asTable} onChange={setAsTable} />
          <ExportButton
            file={t`Retention by cohort`}
            of={WHOLE_HISTORY}
            label={t`cohorts`}
            columns={cohorts ? cohortColumns(cohorts) : []}
            rows={cohorts?.cohorts ?? []}
          />
        </>
      }
    >
      {({ customers }) =>
        asTable ? (
          <CohortTable cohorts={customers.cohorts} />
        ) : (
          <ChartFigure
            model={cohortCurves(customers.cohorts)}
            label={t`Retention by cohort`}
            height={CURVE_HEIGHT}
            asTable={false}
          />
        )
      }
    </Panel>
  );
}

function CohortTable({ cohorts: { cohorts, granularity } }: { readonly cohorts: Cohorts }) {
  const columns = Array.from({ length: periodCount(cohorts) }, (_, index) => index);
  return (
    <Scroller name={t`Cohorts`} className={styles.scroller}>
      <table className={styles.table}>
        <caption className="visually-hidden">{t`Share of each cohort that ordered again`}</caption>
        <thead>
          <tr>
            <th scope="col">{t`First order`}</th>
            <th scope="col">{t({ message: "Customers", context: "how many" })}</th>
            {columns.map((index) => (
              <th key={index} scope="col">
                {index.toLocaleString(LOCALE)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cohorts.map((cohort) => (
            <tr key={cohort.start}>
              <th scope="row">{cohortName(cohort, granularity)}</th>
              <td>
                <GroupLink group={cohortGroup(granularity, cohort.start, 0)}>
                  {cohort.size.toLocaleString(LOCALE)}
                </GroupLink>
              </td>
              {columns.map((index) => (
                <Cell key={index} cohort={cohort} index={index} granularity={granularity} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroller>
  );
}

interface CellProps {
  readonly cohort: Cohort;
  readonly index: number;
  readonly granularity: Cohorts["granularity"];
}

function Cell({ cohort, index, granularity }: CellProps) {
  const ratio = cohort.ratios[index];
  if (ratio == null) return <td />;
  const share = toNumber(ratio);
  const isPartial = cohort.partialFrom !== null && index >= cohort.partialFrom;
  return (
    <td
      className={styles.cell}
      data-running={isPartial}
      style={{ "--level": Math.min(1, share) }}
      title={
        plural(cohort.values[index] ?? 0, { one: "# customer", other: "# customers" }) +
        (isPartial ? t`, not complete yet` : "")
      }
    >
      <GroupLink group={cohortGroup(granularity, cohort.start, index)}>
        {formatPercent(share, 0)}
      </GroupLink>
      {isPartial && <span className="visually-hidden">{` ${t`not complete yet`}`}</span>}
    </td>
  );
}

function cohortColumns({ cohorts, granularity }: Cohorts): readonly Column<Cohort>[] {
  return [
    { id: "start", header: t`First order`, value: (cohort) => cohortName(cohort, granularity) },
    {
      id: "size",
      header: t({ message: "Customers", context: "how many" }),
      value: ({ size }) => String(size),
    },
    ...Array.from({ length: periodCount(cohorts) }, (_, index) => ({
      id: String(index),
      header: String(index),
      value: ({ values }: Cohort) => values[index] ?? null,
    })),
  ];
}
