import { t } from "@lingui/core/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  DeltaPartsFragmentDoc,
  ProfitWaterfallDocument,
  type ProfitWaterfallQuery,
  type WaterfallStep,
} from "../../gql/graphql.ts";
import { formatAmong } from "../../lib/columnFormat.ts";
import { isZero, negate, toNumber } from "../../lib/decimal.ts";
import { formatExact, formatShare, type NumberStyle } from "../../lib/numberFormat.ts";
import type { Column } from "../../ui/DataTable.tsx";
import { Scroller } from "../../ui/Scroller.tsx";
import { CostNote } from "../shared/CostNote.tsx";
import { NO_COSTS } from "../shared/costCoverage.ts";
import { DeltaBadge } from "../shared/DeltaBadge.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import layout from "../shared/layout.module.css";
import { Panel } from "../shared/Panel.tsx";
import { PeriodLabel } from "../shared/PeriodLabel.tsx";
import { useMetric, useReporting } from "../shared/reporting.ts";
import { useViewVariables } from "../shared/viewVariables.ts";
import styles from "./WaterfallPanel.module.css";

type Bar = ProfitWaterfallQuery["profitability"]["waterfall"][number];

/** From gross sales to profit, step by step. */
export function WaterfallPanel() {
  const query = usePanelQuery(ProfitWaterfallDocument, { ...useViewVariables() });
  const { currency } = useReporting();
  const metricOf = useMetric();
  const title = (step: WaterfallStep) => metricOf(step).title;
  const bars = query.data?.profitability.waterfall ?? [];
  return (
    <Panel
      title={t`From gross sales to profit`}
      query={query}
      height={302}
      subtitle={
        <PeriodLabel {...query.data?.profitability}>
          <CostNote />
        </PeriodLabel>
      }
      empty={() => (bars.some(({ change }) => toNumber(change) !== 0) ? null : <EmptyRange />)}
      tools={
        <ExportButton
          file={t`From gross sales to profit`}
          of={query.data?.profitability}
          label={t`the waterfall`}
          columns={waterfallColumns(title)}
          rows={bars}
        />
      }
    >
      {() => (
        <>
          <Waterfall bars={bars} style={{ unit: "money", currency }} title={title} />
          {bars.at(-1)?.step === "REVENUE" && <p className={layout.note}>{NO_COSTS}</p>}
        </>
      )}
    </Panel>
  );
}

function waterfallColumns(title: (step: WaterfallStep) => string): readonly Column<Bar>[] {
  return [
    { id: "step", header: t`Step`, value: ({ step }) => title(step) },
    { id: "change", header: t`Amount`, value: ({ change }) => change },
    { id: "share", header: t`Share of gross`, value: ({ share }) => share },
    { id: "previous", header: t`Before`, value: ({ previous }) => previous },
    {
      id: "difference",
      header: t`Difference`,
      // What is taken off grows by a positive delta, as its amount falls.
      value: ({ delta, isTotal }) => {
        const grown = unmask(DeltaPartsFragmentDoc, delta)?.absolute ?? null;
        return grown === null || isTotal ? grown : negate(grown);
      },
    },
  ];
}

interface WaterfallProps {
  readonly bars: readonly Bar[];
  readonly style: NumberStyle;
  readonly title: (step: WaterfallStep) => string;
}

/** Each step is a row with a bar that begins where the one above ends. */
function Waterfall({ bars, style, title }: WaterfallProps) {
  const among = bars.map(({ change }) => change);
  const edges = bars.flatMap(({ start, end }) => [toNumber(start), toNumber(end)]);
  const low = Math.min(0, ...edges);
  const width = Math.max(0, ...edges) - low || 1;
  const offset = (value: number) => `${((value - low) / width) * 100}%`;
  return (
    <Scroller name={t`From gross sales to profit`} className={styles.scroller}>
      <table className={styles.table}>
        <caption className="visually-hidden">{t`From gross sales to profit`}</caption>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">{t`Step`}</th>
            <th scope="col">{t`Chart`}</th>
            <th scope="col">{t`Amount`}</th>
            <th scope="col">{t`Share of gross sales`}</th>
            <th scope="col">{t`Change`}</th>
          </tr>
        </thead>
        <tbody>
          {bars.map((bar) => {
            const [from, to] = [toNumber(bar.start), toNumber(bar.end)].sort((a, b) => a - b) as [
              number,
              number,
            ];
            return (
              <tr key={bar.step} data-total={bar.isTotal}>
                <th scope="row">{title(bar.step)}</th>
                <td className={styles.track}>
                  <span
                    className={styles.bar}
                    data-kind={barKind(bar)}
                    style={{
                      insetInlineStart: offset(from),
                      width: `${((to - from) / width) * 100}%`,
                    }}
                  />
                </td>
                <td title={formatExact(bar.change, style)}>
                  {formatAmong(bar.change, style, among)}
                </td>
                <td className={styles.share}>{formatShare(bar.share) ?? "–"}</td>
                <td>
                  <DeltaBadge delta={bar.delta} style={style} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroller>
  );
}

function barKind({ isTotal, change }: Bar): "total" | "loss" | "down" | "up" | "none" {
  if (isZero(change)) return "none";
  const isNegative = change.startsWith("-");
  if (isTotal) return isNegative ? "loss" : "total";
  return isNegative ? "down" : "up";
}
