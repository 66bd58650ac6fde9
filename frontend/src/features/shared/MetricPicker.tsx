import type { MetricId } from "../../gql/graphql.ts";
import { SegmentedControl } from "../../ui/SegmentedControl.tsx";
import { useMetric } from "./reporting.ts";

interface MetricPickerProps<Metric extends MetricId> {
  readonly name: string;
  readonly metrics: readonly Metric[];
  readonly value: Metric;
  readonly onChange: (metric: Metric) => void;
}

/** Selects one of a few metrics. */
export function MetricPicker<Metric extends MetricId>(props: MetricPickerProps<Metric>) {
  const { name, metrics, value, onChange } = props;
  const metricOf = useMetric();
  return (
    <SegmentedControl
      name={name}
      value={value}
      options={metrics.map((metric) => ({ value: metric, label: metricOf(metric).title }))}
      onChange={onChange}
    />
  );
}
