import { type ReactNode, useState } from "react";
import type { PanelQuery } from "../../api/usePanelQuery.ts";
import { ChartFigure, chartFileColumns } from "../../charts/ChartFigure.tsx";
import { type ChartModel, hasValues, tableRows } from "../../charts/model.ts";
import type { Instant } from "../../lib/dates.ts";
import { ChartImageButton } from "../reports/ChartImageButton.tsx";
import { EmptyRange } from "./EmptyRange.tsx";
import { ExportButton } from "./ExportButton.tsx";
import { Panel } from "./Panel.tsx";
import { TableToggle } from "./TableToggle.tsx";
import type { FilePeriod } from "./useFileNotes.ts";

/** Height of the legend above the canvas. Pixels. */
const LEGEND_HEIGHT = 30;

interface ChartPanelProps {
  readonly title: string;
  /** A line below the title; `null` keeps its space free until the result brings it. */
  readonly subtitle?: ReactNode;
  readonly query: PanelQuery<unknown>;
  /** `null` before the first result. */
  readonly model: ChartModel | null;
  /** Height of the canvas. Pixels. */
  readonly height: number;
  /** Controls before those that every chart has. */
  readonly tools?: ReactNode;
  readonly emptyText?: ReactNode;
  /** Over what the points are, for the file; `undefined` before the first result. */
  readonly of: FilePeriod | undefined;
  /** When the points were computed, for charts of a materialized view. */
  readonly computedAt?: Instant | null | undefined;
  /** What is to be said below the chart. */
  readonly below?: ReactNode;
}

/** A panel with a chart that also shows as a table and exports as CSV. */
export function ChartPanel(props: ChartPanelProps) {
  const { title, subtitle, query, model, height, tools, of, computedAt, below } = props;
  const { emptyText = <EmptyRange /> } = props;
  const [asTable, setAsTable] = useState(false);
  return (
    <Panel
      title={title}
      subtitle={subtitle}
      query={query}
      height={height + LEGEND_HEIGHT}
      computedAt={() => computedAt ?? null}
      empty={() => (model !== null && hasValues(model) ? null : emptyText)}
      tools={
        <>
          {tools}
          <TableToggle asTable={asTable} onChange={setAsTable} />
          {!asTable && <ChartImageButton title={title} of={of} model={model} />}
          <ExportButton
            file={title}
            of={of}
            columns={model ? chartFileColumns(model) : []}
            rows={model ? tableRows(model) : []}
          />
        </>
      }
    >
      {() =>
        model && (
          <>
            <ChartFigure model={model} label={title} height={height} asTable={asTable} />
            {below}
          </>
        )
      }
    </Panel>
  );
}
