import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  EntityCourseDocument,
  EntityCourseFragmentDoc,
  type MetricId,
  PeriodPartsFragmentDoc,
  SeriesPartsFragmentDoc,
} from "../../gql/graphql.ts";
import { TimeSeriesPanel } from "../shared/TimeSeriesPanel.tsx";
import { useGranularity } from "../shared/useCalendar.ts";
import { type EntityFilter, entityFilters, salesOf, useEntityVariables } from "./entitySales.ts";

const HEIGHT = 336;

interface EntityTimeSeriesPanelProps {
  readonly id: string;
  readonly filter: EntityFilter;
  readonly metric: MetricId;
}

/** A metric of one product, customer or rep over time. */
export function EntityTimeSeriesPanel({ id, filter, metric }: EntityTimeSeriesPanelProps) {
  const granularity = useGranularity();
  const query = usePanelQuery(EntityCourseDocument, {
    id,
    ...useEntityVariables(),
    metrics: [metric],
    granularity,
  });
  const sales = unmask(EntityCourseFragmentDoc, salesOf(query.data?.node));
  return (
    <TimeSeriesPanel
      metric={metric}
      query={query}
      series={unmask(SeriesPartsFragmentDoc, sales?.series)}
      period={unmask(PeriodPartsFragmentDoc, sales?.period)}
      dates={sales}
      of={entityFilters(filter, id)}
      height={HEIGHT}
    />
  );
}
