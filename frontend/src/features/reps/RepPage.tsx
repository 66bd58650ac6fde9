import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { type MetricId, RepProfileDocument } from "../../gql/graphql.ts";
import { formatCalendarDate } from "../../lib/dates.ts";
import { useEnumParam } from "../../state/location.ts";
import { EntityBreakdownPanel } from "../entity/EntityBreakdownPanel.tsx";
import { EntityKpiPanel } from "../entity/EntityKpiPanel.tsx";
import { EntityPage } from "../entity/EntityPage.tsx";
import { EntityTimeSeriesPanel } from "../entity/EntityTimeSeriesPanel.tsx";
import { entityPath } from "../shared/entityPath.ts";
import layout from "../shared/layout.module.css";
import { ViewLink } from "../shared/ViewLink.tsx";
import { AttainmentPanel } from "./AttainmentPanel.tsx";
import { RankPanel } from "./RankPanel.tsx";

const METRICS = [
  "REVENUE",
  "PROFIT",
  "MARGIN",
  "ORDERS",
  "AVERAGE_ORDER_VALUE",
  "CUSTOMERS",
  "UNITS",
] as const satisfies readonly MetricId[];

/** One rep: key figures, attainment of the quota, and rank among all reps. */
export default function RepPage({ id }: { readonly id: string }) {
  const [metric, setMetric] = useEnumParam<MetricId>("metric", METRICS);
  const query = usePanelQuery(RepProfileDocument, { id });
  const rep = query.data?.rep;
  return (
    <EntityPage
      kind="rep"
      parent={{ path: "/reps", title: t`Reps` }}
      query={query}
      name={rep?.name}
      facts={
        rep
          ? [
              rep.team,
              rep.region,
              rep.hiredOn && t`since ${formatCalendarDate(rep.hiredOn)}`,
              rep.manager && (
                <Trans>
                  reports to{" "}
                  <ViewLink path={entityPath("REP", rep.manager.id)}>{rep.manager.name}</ViewLink>
                </Trans>
              ),
            ]
          : []
      }
    >
      <EntityKpiPanel
        id={id}
        filter="rep"
        metrics={METRICS}
        selected={metric}
        onSelect={setMetric}
      />
      <div className={layout.split}>
        <EntityTimeSeriesPanel id={id} filter="rep" metric={metric} />
        <RankPanel id={id} />
      </div>
      <div className={layout.halves}>
        <AttainmentPanel id={id} />
        <EntityBreakdownPanel
          filter="rep"
          id={id}
          dimensions={["CUSTOMER", "PRODUCT", "CATEGORY", "REGION"]}
          metric={metric}
        />
      </div>
    </EntityPage>
  );
}
