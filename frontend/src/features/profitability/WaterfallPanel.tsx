import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  DeltaPartsFragmentDoc,
  ProfitWaterfallDocument,
  type ProfitWaterfallQuery,
  type WaterfallStep,
} from "../../gql/graphql.ts";
import {
  formatExact,
  formatPercent,
  formatTile,
  isZero,
  type NumberStyle,
  toCoordinate,
} from "../../lib/number.ts";
import { ExportButton } from "../shared/ChartTools.tsx";
import { DeltaBadge } from "../shared/DeltaBadge.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { exportTable } from "../shared/exportTable.ts";
import { Panel } from "../shared/Panel.tsx";
import { PeriodLine } from "../shared/PeriodLine.tsx";
import { useMetricTitle, useReporting } from "../shared/reporting.ts";
import { useAreaVariables } from "../shared/variables.ts";
import styles from "./WaterfallPanel.module.css";

type Bar = ProfitWaterfallQuery["profitability"]["waterfall"][number];

/** From gross sales to profit, step by step. */
export function WaterfallPanel() {
  const query = usePanelQuery(ProfitWaterfallDocument, { ...useAreaVariables() });
  const { currency } = useReporting();
  const title = useMetricTitle();
  const bars = query.data?.profitability.waterfall ?? [];
  return (
    <Panel
      title="From gross sales to profit"
      query={query}
      height={302}
      subtitle={<PeriodLine {...query.data?.profitability} />}
      empty={() => (bars.some(({ change }) => toCoordinate(change) !== 0) ? null : <EmptyRange />)}
      tools={
        <ExportButton
          what="the waterfall"
          isDisabled={bars.length === 0}
          onExport={() =>
            exportTable(
              "From gross sales to profit",
              [
                { id: "step", header: "Step", value: ({ step }: Bar) => title(step) },
                { id: "change", header: "Amount", value: ({ change }: Bar) => change },
                { id: "share", header: "Share of gross", value: ({ share }: Bar) => share },
                { id: "previous", header: "Before", value: ({ previous }: Bar) => previous },
                {
                  id: "difference",
                  header: "Difference",
                  value: ({ delta }: Bar) => unmask(DeltaPartsFragmentDoc, delta)?.absolute ?? null,
                },
              ],
              bars,
            )
          }
        />
      }
    >
      {() => <Waterfall bars={bars} style={{ unit: "money", currency }} title={title} />}
    </Panel>
  );
}

interface WaterfallProps {
  readonly bars: readonly Bar[];
  readonly style: NumberStyle;
  readonly title: (step: WaterfallStep) => string;
}

/** Each step is a row whose bar begins where the one above ended. */
function Waterfall({ bars, style, title }: WaterfallProps) {
  const edges = bars.flatMap(({ start, end }) => [toCoordinate(start), toCoordinate(end)]);
  const low = Math.min(0, ...edges);
  const width = Math.max(0, ...edges) - low || 1;
  const place = (value: number) => `${((value - low) / width) * 100}%`;
  return (
    <div className={styles.scroller}>
      <table className={styles.table}>
        <caption className="visually-hidden">From gross sales to profit</caption>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">Step</th>
            <th scope="col">Course</th>
            <th scope="col">Amount</th>
            <th scope="col">Share of gross sales</th>
            <th scope="col">Change</th>
          </tr>
        </thead>
        <tbody>
          {bars.map((bar) => {
            const [from, to] = [toCoordinate(bar.start), toCoordinate(bar.end)].sort(
              (a, b) => a - b,
            ) as [number, number];
            return (
              <tr key={bar.step} data-total={bar.isTotal}>
                <th scope="row">{title(bar.step)}</th>
                <td className={styles.course}>
                  <span
                    className={styles.bar}
                    data-kind={barKind(bar)}
                    style={{ left: place(from), width: `${((to - from) / width) * 100}%` }}
                  />
                </td>
                <td title={formatExact(bar.change, style)}>{formatTile(bar.change, style)}</td>
                <td className={styles.share}>
                  {bar.share === null ? "–" : formatPercent(toCoordinate(bar.share))}
                </td>
                <td>
                  <DeltaBadge delta={bar.delta} style={style} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function barKind({ isTotal, change }: Bar): "total" | "loss" | "down" | "up" | "none" {
  if (isZero(change)) return "none";
  const isNegative = change.startsWith("-");
  if (isTotal) return isNegative ? "loss" : "total";
  return isNegative ? "down" : "up";
}
