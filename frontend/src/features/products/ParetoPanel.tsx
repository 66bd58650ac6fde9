import { useMemo } from "react";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import type { ChartModel } from "../../charts/model.ts";
import { ParetoCurveDocument, type ParetoCurveQuery } from "../../gql/graphql.ts";
import { toNumber } from "../../lib/decimal.ts";
import { formatCompact, formatCount, formatExact, formatPercent } from "../../lib/numberFormat.ts";
import { useEnumParam } from "../../state/location.ts";
import { SegmentedControl } from "../../ui/SegmentedControl.tsx";
import { ChartPanel } from "../shared/ChartPanel.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import layout from "../shared/layout.module.css";
import { MetricPicker } from "../shared/MetricPicker.tsx";
import { useMetric } from "../shared/reporting.ts";
import { useViewVariables } from "../shared/viewVariables.ts";

const DIMENSIONS = ["PRODUCT", "CUSTOMER"] as const;
const METRICS = ["REVENUE", "PROFIT"] as const;
const NOUNS = { PRODUCT: "product", CUSTOMER: "customer" } as const;
const HEIGHT = 280;

type Curve = ParetoCurveQuery["sales"]["pareto"];

/** How few products or customers make most of a metric, with the ends of classes A and B. */
export function ParetoPanel() {
  const [by, setBy] = useEnumParam("pareto", DIMENSIONS);
  const [metric, setMetric] = useEnumParam("pareto-of", METRICS);
  const { period, zone, filters } = useViewVariables();
  const query = usePanelQuery(ParetoCurveDocument, { period, zone, filters, by, metric });
  const curve = query.data?.sales.pareto;
  const { title, style } = useMetric()(curve?.metric ?? metric);
  const model = useMemo(
    () => (curve ? paretoModel(curve, title, style.currency) : null),
    [curve, title, style.currency],
  );
  return (
    <ChartPanel
      title="Pareto curve"
      subtitle={curve ? paretoHeadline(curve) : null}
      query={query}
      model={model}
      height={HEIGHT}
      of={query.data?.sales}
      emptyText={<EmptyRange />}
      below={
        curve !== undefined &&
        curve.membersBelow > 0 && (
          <p className={layout.note}>
            {formatCount(curve.membersBelow, nounOf(curve))} at 0 or below do not count for the
            shares.
          </p>
        )
      }
      tools={
        <>
          <SegmentedControl
            name="Curve of"
            value={by}
            options={[
              { value: "PRODUCT", label: "Products" },
              { value: "CUSTOMER", label: "Customers" },
            ]}
            onChange={setBy}
          />
          <MetricPicker name="Share of" metrics={METRICS} value={metric} onChange={setMetric} />
        </>
      }
    />
  );
}

function nounOf({ dimension }: Curve): string {
  return dimension === "CUSTOMER" ? NOUNS.CUSTOMER : NOUNS.PRODUCT;
}

/** What class A is. */
export function paretoHeadline(curve: Curve): string | null {
  const { members, classA, classB } = curve;
  if (members === 0 || classA === 0) return null;
  const noun = nounOf(curve);
  return `${formatCount(classA, noun)} of ${members} (${formatPercent(classA / members, 0)}) make the first 80 %, ${classB} more up to 95 %`;
}

export function paretoModel(curve: Curve, title: string, currency: string): ChartModel {
  const { counts, shares, members, classA, classB } = curve;
  const style = { unit: "ratio", currency } as const;
  const noun = nounOf(curve);
  const known = shares.some((share) => share !== null) ? counts : [];
  const share = (count: number) => formatPercent(members === 0 ? 0 : count / members, 0);
  const mark = (count: number, index: number) => {
    const made = formatPercent(toNumber(shares[index]), 1);
    if (count === classA) return `Class A ends: ${formatCount(count, noun)} make ${made}`;
    return count === classA + classB && classB > 0
      ? `Class B ends: ${formatCount(count, noun)} make ${made}`
      : null;
  };
  return {
    kind: "line",
    pointHeader: "Best members",
    labels: known.map(share),
    titles: known.map((count) => `Best ${formatCount(count, noun)} (${share(count)})`),
    series: [
      { id: "share", name: `Share of ${title.toLowerCase()}`, color: "current", values: shares },
      {
        id: "equal",
        name: "If all were equal",
        color: "previous",
        values: known.map((count) => String(members === 0 ? 0 : count / members)),
        isBackground: true,
      },
    ],
    unfinishedFrom: null,
    marks: known.map(mark),
    exact: (value) => formatExact(value, style),
    compact: (value) => formatCompact(value, style),
  };
}
