import { type ReactNode, useState } from "react";
import type { PanelQuery } from "../../api/usePanelQuery.ts";
import { ChartFigure, chartColumns } from "../../charts/ChartFigure.tsx";
import type { ChartModel } from "../../charts/model.ts";
import { EmptyRange } from "./EmptyRange.tsx";
import { ExportButton } from "./ExportButton.tsx";
import { Panel } from "./Panel.tsx";
import { TableToggle } from "./TableToggle.tsx";

/** Height of the legend above the canvas. Pixels. */
const LEGEND_HEIGHT = 30;

interface ChartPanelProps {
  readonly title: string;
  readonly query: PanelQuery<unknown>;
  /** `null` before the first result. */
  readonly model: ChartModel | null;
  /** Height of the canvas. Pixels. */
  readonly height: number;
  /** Controls before those that every chart has. */
  readonly tools?: ReactNode;
  readonly emptyText?: ReactNode;
}

/** A panel with a chart that also shows as a table and exports as CSV. */
export function ChartPanel(props: ChartPanelProps) {
  const { title, query, model, height, tools, emptyText = <EmptyRange /> } = props;
  const [asTable, setAsTable] = useState(false);
  return (
    <Panel
      title={title}
      query={query}
      height={height + LEGEND_HEIGHT}
      empty={() => (model?.labels.length && model.series.length ? null : emptyText)}
      tools={
        <>
          {tools}
          <TableToggle asTable={asTable} onChange={setAsTable} />
          <ExportButton
            file={title}
            columns={model ? chartColumns(model) : []}
            rows={model ? [...model.titles.keys()] : []}
          />
        </>
      }
    >
      {() => model && <ChartFigure model={model} label={title} height={height} asTable={asTable} />}
    </Panel>
  );
}
