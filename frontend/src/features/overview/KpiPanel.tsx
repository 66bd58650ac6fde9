import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { OverviewKpisDocument, OverviewSparklinesDocument } from "../../gql/graphql.ts";
import { KpiTile, KpiTilesSkeleton } from "../shared/KpiTile.tsx";
import { Panel } from "../shared/Panel.tsx";
import { PeriodLine } from "../shared/PeriodLine.tsx";
import { useAreaVariables } from "../shared/variables.ts";
import styles from "./KpiPanel.module.css";
import { KPI_METRICS, type KpiMetric } from "./metrics.ts";

interface KpiPanelProps {
  readonly chosen: KpiMetric;
  readonly onChoose: (metric: KpiMetric) => void;
}

/** The figures of the range; a click on one makes the page about it. */
export function KpiPanel({ chosen, onChoose }: KpiPanelProps) {
  const area = useAreaVariables();
  const variables = { ...area, metrics: [...KPI_METRICS] };
  const query = usePanelQuery(OverviewKpisDocument, variables);
  // Apart from the figures, which must not wait for eight lines of buckets.
  const sparklines = usePanelQuery(OverviewSparklinesDocument, variables);
  const series = sparklines.data?.sales.series;

  return (
    <Panel
      title="Key figures"
      query={query}
      height={122}
      className={styles.panel}
      skeleton={
        <div className={styles.tiles}>
          <KpiTilesSkeleton metrics={KPI_METRICS} hasCourse />
        </div>
      }
      subtitle={<PeriodLine {...query.data?.sales} />}
    >
      {({ sales }) => (
        <div ref={sparklines.ref} className={styles.tiles}>
          {KPI_METRICS.map((metric, index) => {
            const figure = sales.kpis[index];
            const line = series?.lines.find((candidate) => candidate.metric === metric);
            return (
              figure && (
                <KpiTile
                  key={metric}
                  metric={metric}
                  figure={figure}
                  course={
                    line
                      ? { values: line.current, unfinishedFrom: series?.partialFrom ?? null }
                      : null
                  }
                  choice={{ isChosen: metric === chosen, onChoose: () => onChoose(metric) }}
                />
              )
            );
          })}
        </div>
      )}
    </Panel>
  );
}
