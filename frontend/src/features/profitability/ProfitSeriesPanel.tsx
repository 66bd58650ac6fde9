import { useMemo, useState } from "react";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { ChartFigure, chartColumns } from "../../charts/ChartFigure.tsx";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  PeriodPartsFragmentDoc,
  ProfitSeriesDocument,
  SeriesPartsFragmentDoc,
} from "../../gql/graphql.ts";
import { useChoice } from "../../state/location.ts";
import { useView } from "../../state/useView.ts";
import { Segmented } from "../../ui/Segmented.tsx";
import { ExportButton, TableToggle } from "../shared/ChartTools.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { exportTable } from "../shared/exportTable.ts";
import { Panel } from "../shared/Panel.tsx";
import { useMetricStyle, useMetricTitle } from "../shared/reporting.ts";
import { seriesModel } from "../shared/seriesModel.ts";
import { useAreaVariables } from "../shared/variables.ts";

const CHOICES = ["MARGIN", "PROFIT", "DISCOUNT_RATE"] as const;
const HEIGHT = 280;

/** Margin over time. */
export function ProfitSeriesPanel() {
  const [metric, choose] = useChoice("series", CHOICES);
  const [{ granularity }] = useView();
  const query = usePanelQuery(ProfitSeriesDocument, {
    ...useAreaVariables(),
    metrics: [metric],
    granularity,
  });
  const [asTable, setAsTable] = useState(false);
  const metricTitle = useMetricTitle();
  const data = query.data?.profitability;
  const series = unmask(SeriesPartsFragmentDoc, data?.series);
  const period = unmask(PeriodPartsFragmentDoc, data?.period);
  const shown = series?.lines[0]?.metric ?? metric;
  const title = `${metricTitle(metric)} over time`;
  const shownTitle = metricTitle(shown);
  const { unit, currency } = useMetricStyle()(shown);
  const model = useMemo(
    () =>
      series &&
      period &&
      seriesModel({
        series,
        metric: shown,
        title: shownTitle,
        style: { unit, currency },
        period: { start: period.from, end: period.to },
        zone: period.zone,
      }),
    [series, period, shown, shownTitle, unit, currency],
  );
  return (
    <Panel
      title={title}
      query={query}
      height={HEIGHT + 30}
      empty={() => (model?.labels.length ? null : <EmptyRange />)}
      tools={
        <>
          <Segmented
            name="Figure"
            value={metric}
            options={CHOICES.map((value) => ({ value, label: metricTitle(value) }))}
            onChange={choose}
          />
          <TableToggle asTable={asTable} onChange={setAsTable} />
          <ExportButton
            what={title}
            isDisabled={model === undefined}
            onExport={() =>
              model && exportTable(title, chartColumns(model), [...model.titles.keys()])
            }
          />
        </>
      }
    >
      {() => model && <ChartFigure model={model} label={title} height={HEIGHT} asTable={asTable} />}
    </Panel>
  );
}
