import { t } from "@lingui/core/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { OverviewKpisDocument, OverviewSparklinesDocument } from "../../gql/graphql.ts";
import { CostNote } from "../shared/CostNote.tsx";
import { KpiTiles, KpiTilesSkeleton } from "../shared/KpiTile.tsx";
import { OrdersLink } from "../shared/OrdersLink.tsx";
import { Panel } from "../shared/Panel.tsx";
import { PeriodLabel } from "../shared/PeriodLabel.tsx";
import { useViewVariables } from "../shared/viewVariables.ts";
import { KPI_METRICS, type KpiMetric } from "./kpiMetrics.ts";
import styles from "./OverviewKpiPanel.module.css";

interface OverviewKpiPanelProps {
  readonly selected: KpiMetric;
  readonly onSelect: (metric: KpiMetric) => void;
}

/** Key figures of the range; a click selects a metric for the page. */
export function OverviewKpiPanel({ selected, onSelect }: OverviewKpiPanelProps) {
  const variables = { ...useViewVariables(), metrics: [...KPI_METRICS] };
  const query = usePanelQuery(OverviewKpisDocument, variables);
  // A query of its own, so that the figures do not wait for eight series.
  const sparklines = usePanelQuery(OverviewSparklinesDocument, variables);
  const series = sparklines.data?.sales.series;
  const sparkline = (metric: KpiMetric) => {
    const line = series?.lines.find((candidate) => candidate.metric === metric);
    return line ? { values: line.current, partial: series?.partial ?? [] } : null;
  };

  return (
    <Panel
      title={t`Key figures`}
      query={query}
      height={122}
      className={styles.panel}
      tools={<OrdersLink>{t`Orders behind these figures →`}</OrdersLink>}
      skeleton={
        <div className={styles.tiles}>
          <KpiTilesSkeleton metrics={KPI_METRICS} hasSparkline />
        </div>
      }
      subtitle={
        <PeriodLabel {...query.data?.sales}>
          <CostNote />
        </PeriodLabel>
      }
    >
      {({ sales }) => (
        <div ref={sparklines.ref} className={styles.tiles}>
          <KpiTiles
            metrics={KPI_METRICS}
            figures={sales.kpis}
            sparkline={sparkline}
            selected={selected}
            onSelect={onSelect}
          />
        </div>
      )}
    </Panel>
  );
}
