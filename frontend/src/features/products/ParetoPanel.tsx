import { plural, t } from "@lingui/core/macro";
import { useMemo } from "react";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { type ChartModel, fifths } from "../../charts/model.ts";
import { ParetoCurveDocument, type ParetoCurveQuery } from "../../gql/graphql.ts";
import { toNumber } from "../../lib/decimal.ts";
import { LOCALE, within } from "../../lib/locale.ts";
import { formatCompact, formatExact, formatPercent } from "../../lib/numberFormat.ts";
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
      title={t`Pareto curve`}
      subtitle={curve ? paretoHeadline(curve) : null}
      query={query}
      model={model}
      height={HEIGHT}
      of={query.data?.sales}
      emptyText={<EmptyRange />}
      below={
        curve !== undefined &&
        curve.membersBelow > 0 && <p className={layout.note}>{belowText(curve)}</p>
      }
      tools={
        <>
          <SegmentedControl
            name={t`Curve of`}
            value={by}
            options={[
              { value: "PRODUCT", label: t`Products` },
              { value: "CUSTOMER", label: t`Customers` },
            ]}
            onChange={setBy}
          />
          <MetricPicker name={t`Share of`} metrics={METRICS} value={metric} onChange={setMetric} />
        </>
      }
    />
  );
}

function counted({ dimension }: Curve, count: number): string {
  return dimension === "CUSTOMER"
    ? plural(count, { one: "# customer", other: "# customers" })
    : plural(count, { one: "# product", other: "# products" });
}

function belowText({ dimension, membersBelow }: Curve): string {
  return dimension === "CUSTOMER"
    ? plural(membersBelow, {
        one: "# customer at 0 or below does not count for the shares.",
        other: "# customers at 0 or below do not count for the shares.",
      })
    : plural(membersBelow, {
        one: "# product at 0 or below does not count for the shares.",
        other: "# products at 0 or below do not count for the shares.",
      });
}

/** What class A is. */
export function paretoHeadline(curve: Curve): string | null {
  const { members, classA, classB } = curve;
  if (members === 0 || classA === 0) return null;
  const inA = counted(curve, classA);
  const share = formatPercent(classA / members, 0);
  const all = members.toLocaleString(LOCALE);
  const more = classB.toLocaleString(LOCALE);
  return t`${inA} of ${all} (${share}) make the first ${formatPercent(0.8, 0)}, ${more} more up to ${formatPercent(0.95, 0)}`;
}

export function paretoModel(curve: Curve, title: string, currency: string): ChartModel {
  const { counts, shares, members, classA, classB } = curve;
  const style = { unit: "ratio", currency } as const;
  const known = shares.some((share) => share !== null) ? counts : [];
  const share = (count: number) => formatPercent(members === 0 ? 0 : count / members, 0);
  const mark = (count: number, index: number) => {
    const made = formatPercent(toNumber(shares[index]), 1);
    const best = counted(curve, count);
    if (count === classA) return t`Class A ends: ${best} make ${made}`;
    return count === classA + classB && classB > 0 ? t`Class B ends: ${best} make ${made}` : null;
  };
  return {
    kind: "line",
    pointHeader: t`Best members`,
    labels: known.map(share),
    titles: known.map((count) => t`Best ${counted(curve, count)} (${share(count)})`),
    series: [
      { id: "share", name: t`Share of ${within(title)}`, color: "current", values: shares },
      {
        id: "equal",
        name: t`If all were equal`,
        color: "previous",
        values: known.map((count) => String(members === 0 ? 0 : count / members)),
        isBackground: true,
      },
    ],
    unfinishedFrom: null,
    highest: 1,
    named: fifths(known.map((count) => (members === 0 ? 0 : count / members))),
    marks: known.map(mark),
    exact: (value) => formatExact(value, style),
    compact: (value) => formatCompact(value, style),
  };
}
